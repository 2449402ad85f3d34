import type { RunProcess } from '../ports/main-process.ts';
import { createProcessHost } from './process-host.ts';
import { systemClock } from './system-clock.ts';

/** Runs the other processes of an engine that shows output as lines. */
export function createProcessRunner(): RunProcess {
  return createProcessHost({ clock: systemClock, consoleDevice: null }).runProcess;
}
