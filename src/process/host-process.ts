import type { CreateMainProcess } from '../ports/main-process.ts';
import { createProcessHost } from './process-host.ts';
import { systemClock } from './system-clock.ts';

/** The main processes of an engine that shows output as lines. */
export const createHostProcess: CreateMainProcess = (context) => host.createMainProcess(context);

const host = createProcessHost({ clock: systemClock, consoleDevice: null });
