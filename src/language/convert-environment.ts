/** What reaches a job's processes differs between the two kinds of Upstart. */
import { matches } from '../model/condition.ts';
import { parseVariable } from '../model/environment.ts';
import { type Conversion, refuseAt, stanzasNamed, warnAt } from './conversion.ts';
import { knownEvent } from './convert-events.ts';
import type { Token } from './cursor.ts';
import { quoted } from './raise.ts';
import type { StanzaNode } from './syntax.ts';

/**
 * In 0.3 a job's `env` goes before what the event brings, later it is a default. That cannot be
 * said in the other kind; it is told as an error where the event is known to bring the variable.
 */
export function checkEnvironment(conversion: Conversion): void {
  const { startOn } = conversion.job;
  const brought = startOn === undefined ? new Set<string>() : variablesOf(startOn);
  let told = startOn === undefined;
  for (const token of stanzasNamed(conversion, 'env').flatMap(argumentsOf)) {
    const name = parseVariable(token.text)?.name;
    if (name === undefined) {
      refuseAt(conversion, token, "a variable without a value, taken from init's own environment");
    } else if (brought.has(name)) {
      refuseAt(conversion, token, `the event brings ${quoted(name)}, ${precedence(conversion)}`);
    } else if (!told) {
      told = true;
      warnAt(conversion, token, {
        code: 'env-precedence',
        message: `Where an event brings a variable of that name, ${precedence(conversion)}`,
      });
    }
  }
}

function precedence({ to }: Conversion): string {
  return to === 'event.d' ? 'the `env` goes before it there' : 'it goes before the `env` there';
}

/** The variables that the events of a condition bring, as far as they are known. */
function variablesOf(condition: Parameters<typeof matches>[0]): Set<string> {
  const names = new Set<string>();
  for (const { event, operands } of matches(condition)) {
    for (const name of knownEvent(event)?.modern ?? []) names.add(name);
    for (const { name } of operands) if (name !== undefined) names.add(name);
  }
  return names;
}

/** Variables and arguments that Upstart gives to processes, and the other kind does not. */
const ONLY_IN = {
  old: /\$\{?(?:[1-9@*#]|UPSTART_EVENT\b|UPSTART_JOB_ID\b)/,
  modern:
    /\$\{?(?:UPSTART_(?:EVENTS|STOP_EVENTS|INSTANCE)|RUNLEVEL|PREVLEVEL|JOB|INSTANCE|RESULT|PROCESS)\b/,
};

/** Only told: a script may well have set what it uses. */
export function checkProcesses(conversion: Conversion): void {
  const { cursor, to } = conversion;
  const pattern = new RegExp(to === 'event.d' ? ONLY_IN.modern : ONLY_IN.old, 'g');
  for (const { body } of conversion.stanzas) {
    const token =
      body.kind === 'command' ? body.command : body.kind === 'script' ? body.script : undefined;
    if (token === undefined) continue;
    pattern.lastIndex = token.from;
    const found = pattern.exec(cursor.text);
    if (found === null || found.index >= token.to) continue;
    warnAt(
      conversion,
      { from: found.index, to: pattern.lastIndex },
      {
        code: 'variable-of-other-upstart',
        message: `Processes of ${to} are not given ${quoted(found[0].replace('{', ''))}`,
        hint:
          to === 'event.d'
            ? "an event's arguments are $1 … of a script there, and UPSTART_EVENT is its name"
            : "an event's variables are in the environment there, and UPSTART_EVENTS has their names",
      },
    );
  }
}

function argumentsOf({ body }: StanzaNode): readonly Token[] {
  if (body.kind !== 'arguments') return [];
  return body.arguments.flat().filter((one) => one !== undefined);
}
