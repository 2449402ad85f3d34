/** Upstart 0.5–1.13 to 0.3. The rules are listed in docs/convert.md. */
import type { JobDefinition } from '../model/job.ts';
import { type Conversion, changed, RESPAWN_LIMIT, refuse, unlessDefault } from './conversion.ts';
import { conditionToOld } from './convert-condition.ts';
import type { StanzaNode } from './syntax.ts';

/** Stanzas that event.d lacks because they say there what is said by silence. */
export function isSilentInOld({ stanza, body }: StanzaNode): boolean {
  const value = body.kind === 'arguments' ? body.arguments[0] : undefined;
  const text = value !== undefined && 'text' in value ? value.text : undefined;
  switch (stanza.words) {
    // In 0.3 a job is a task unless it says `service`.
    case 'task':
    // A job without `start on` is started by hand in both.
    case 'manual':
      return true;
    case 'expect':
      return text === 'none';
    case 'kill signal':
      return text === 'TERM' || text === 'SIGTERM';
    case 'reload signal':
      return text === 'HUP' || text === 'SIGHUP';
    default:
      return false;
  }
}

export function toOld(conversion: Conversion): JobDefinition {
  const { job } = conversion;
  if (job.instance !== undefined) {
    const hint = '`instance` without a pattern makes a new instance at each start there';
    refuse(conversion, 'instance', 'a pattern for instances', hint);
  }
  if (job.task && job.respawn) {
    const hint = 'there `respawn` makes it a service';
    refuse(conversion, 'respawn', 'a task that is respawned', hint);
  }
  return changed(job, {
    dialect: 'event.d',
    startOn: conditionToOld(conversion, 'start on'),
    stopOn: conditionToOld(conversion, 'stop on'),
    respawnLimit: respawnLimitToOld(conversion),
    console: consoleToOld(job.console),
    manual: undefined,
    expect: undefined,
    killSignal: undefined,
    reloadSignal: undefined,
  });
}

/**
 * 1.x counts respawns and gives up at the one after the limit; 0.3 counts starts, the first one
 * included. So many more starts are the same, and the default of 10 is 11 there.
 */
function respawnLimitToOld(conversion: Conversion): JobDefinition['respawnLimit'] {
  const { respawn, respawnLimit = RESPAWN_LIMIT } = conversion.job;
  if (!respawn) {
    if (conversion.job.respawnLimit !== undefined) {
      const why = 'a limit without `respawn` counts starts by hand';
      refuse(conversion, 'respawn limit', why, 'it does nothing here: take it out');
    }
    return undefined;
  }
  if (respawnLimit === null || respawnLimit.limit === 0 || respawnLimit.interval === 0) {
    refuse(conversion, 'respawn limit', 'to respawn for ever');
    return undefined;
  }
  const { limit, interval } = respawnLimit;
  return unlessDefault({ limit: limit + 1, interval });
}

/** Output is logged by default since 1.4, and thrown away in 0.3. */
function consoleToOld(console: JobDefinition['console'] = 'log'): JobDefinition['console'] {
  if (console === 'none') return undefined;
  return console === 'log' ? 'logged' : console;
}
