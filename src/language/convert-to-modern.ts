/** Upstart 0.3 to 0.5–1.13. The rules are listed in docs/convert.md. */
import type { JobDefinition } from '../model/job.ts';
import { type Conversion, changed, RESPAWN_LIMIT, refuse, unlessDefault } from './conversion.ts';
import { conditionFromOld } from './convert-condition.ts';
import type { StanzaNode } from './syntax.ts';

/** `service` is what a job of 1.x is without `task`. */
export function isSilentInModern({ stanza }: StanzaNode): boolean {
  return stanza.words === 'service';
}

export function toModern(conversion: Conversion): JobDefinition {
  const { job } = conversion;
  if (job.instanceEach) {
    const hint = 'an `instance` there is a pattern, and no two instances may have the same name';
    refuse(conversion, 'instance', 'instances without a name', hint);
  }
  return changed(job, {
    dialect: 'init',
    startOn: conditionFromOld(conversion, 'start on'),
    stopOn: conditionFromOld(conversion, 'stop on'),
    respawnLimit: respawnLimitToModern(conversion),
    console: consoleToModern(job.console),
  });
}

/** 0.3 counts starts, the first one included, 1.x respawns; its limit of 0 is none at all. */
function respawnLimitToModern(conversion: Conversion): JobDefinition['respawnLimit'] {
  const { respawn, respawnLimit } = conversion.job;
  const { limit, interval } = respawnLimit ?? RESPAWN_LIMIT;
  if (!respawn) {
    if (respawnLimit !== undefined) {
      refuse(conversion, 'respawn limit', 'a limit to starts that are no respawns');
    }
    return undefined;
  }
  if (limit < 2 || interval === 0) {
    refuse(conversion, 'respawn limit', 'to give up before the first respawn');
    return undefined;
  }
  return unlessDefault({ limit: limit - 1, interval });
}

/** Output is thrown away by default in 0.3, and logged since 1.4. */
function consoleToModern(console: JobDefinition['console'] = 'none'): JobDefinition['console'] {
  return console === 'logged' ? undefined : console;
}
