import type { Speaker } from './speaker.ts';
import {
  COMMON_OPTIONS,
  INITCTL_OPTIONS,
  isVerb,
  OPTIONS_OF,
  type OptionSpec,
  type VerbName,
} from './verbs.ts';

/** A command as it was typed. */
export interface Call {
  readonly verb: VerbName;
  readonly words: readonly string[];
  /** Long names of the options without a value. */
  readonly flags: ReadonlySet<string>;
  /** By long name, in the order in which they were given. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export type Parsed =
  | { readonly kind: 'call'; readonly call: Call }
  /** In the words of Upstart: `missing job name`. */
  | { readonly kind: 'usage'; readonly message: string }
  | { readonly kind: 'help'; readonly verb?: VerbName }
  | { readonly kind: 'version' }
  /** What stock jobs tell Upstart's init, and nothing here waits for. */
  | { readonly kind: 'notice' };

const NOTICES = ['notify-disk-writeable', 'notify-dbus-address', 'notify-cgroup-manager-address'];

/**
 * Reads what was typed by the rules of Upstart's initctl: options may stand anywhere up to `--`,
 * those of the command only behind it, and a value may be attached with `=`.
 */
export function parseCall(typed: readonly string[], speaker: Speaker): Parsed {
  const common =
    speaker.kind === 'upstart' ? [...COMMON_OPTIONS, ...INITCTL_OPTIONS] : COMMON_OPTIONS;
  const words: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string[]>();
  let verb = speaker.verb;
  const rest = [...typed];

  /** An error, or nothing. */
  function take(name: string, option: OptionSpec | undefined, attached?: string) {
    if (option === undefined) return `invalid option: ${name}`;
    if (option.value === undefined) {
      if (attached !== undefined) return `unexpected argument: ${name}=${attached}`;
      flags.add(option.long);
      return undefined;
    }
    const value = attached ?? (rest[0]?.startsWith('-') ? undefined : rest.shift());
    if (value === undefined) return `missing argument: ${name}`;
    if (value === '' && option.long === 'socket') return `empty argument: ${name}`;
    values.set(option.long, [...(values.get(option.long) ?? []), value]);
    return undefined;
  }

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const options = verb === undefined ? common : [...OPTIONS_OF[verb], ...common];
    let problem: string | undefined;
    if (word === '--' && verb !== undefined) words.push(...rest.splice(0));
    else if (word.startsWith('--') && word.length > 2) {
      const at = word.includes('=') ? word.indexOf('=') : word.length;
      const option = options.find(({ long }) => long === word.slice(2, at));
      const attached = at < word.length ? word.slice(at + 1) : undefined;
      problem = take(option === undefined ? word : word.slice(0, at), option, attached);
    } else if (word.startsWith('-') && word !== '-' && word !== '--') {
      problem = takeShort(word.slice(1), options);
    } else if (verb !== undefined) words.push(word);
    else if (word === 'help') return { kind: 'help', ...verbNamed(rest[0]) };
    else if (isVerb(word) && word !== 'telinit') verb = word;
    else if (speaker.kind === 'upstart' && NOTICES.includes(word)) return { kind: 'notice' };
    else problem = `invalid command: ${word}`;
    if (problem !== undefined) return { kind: 'usage', message: problem };
    if (flags.has('help')) return { kind: 'help', ...(verb === undefined ? {} : { verb }) };
    if (flags.has('version')) return { kind: 'version' };
  }
  if (verb === undefined) return { kind: 'usage', message: 'missing command' };
  return { kind: 'call', call: { verb, words, flags, values } };

  /** `-nq`, `-e A=B`, `-eA=B`. */
  function takeShort(letters: string, options: readonly OptionSpec[]) {
    for (const [at, letter] of Array.from(letters).entries()) {
      const option = options.find(({ short }) => short === letter);
      const attached = option?.value !== undefined ? letters.slice(at + 1) : '';
      const problem = take(`-${letter}`, option, attached === '' ? undefined : attached);
      if (problem !== undefined || attached !== '') return problem;
    }
    return undefined;
  }
}

function verbNamed(name: string | undefined): { readonly verb?: VerbName } {
  return name !== undefined && isVerb(name) ? { verb: name } : {};
}
