/** The warnings about one job that can be told without knowing any other. */
import { contradictions, operatorsAsOperands, variablesInStartOn } from './conditions.ts';
import { nfsRoot } from './nfs-root.ts';
import { stanzasWithoutEffect } from './no-effect.ts';
import {
  aboutNothing,
  carriageReturns,
  expectOfScript,
  limitWithoutRespawn,
  respawnedTask,
  uselessNormalExit,
} from './processes.ts';
import { replacedStanzas, uselessManual } from './replaced.ts';
import { malformedInstance, softOverHard, zeroes } from './values.ts';
import type { Warning, WrittenJob } from './written-job.ts';

const RULES: readonly ((written: WrittenJob) => Iterable<Warning>)[] = [
  replacedStanzas,
  uselessManual,
  respawnedTask,
  limitWithoutRespawn,
  uselessNormalExit,
  expectOfScript,
  carriageReturns,
  aboutNothing,
  softOverHard,
  zeroes,
  stanzasWithoutEffect,
  nfsRoot,
  malformedInstance,
  contradictions,
  operatorsAsOperands,
  variablesInStartOn,
];

export function jobWarnings(written: WrittenJob): Warning[] {
  return RULES.flatMap((rule) => Array.from(rule(written)));
}
