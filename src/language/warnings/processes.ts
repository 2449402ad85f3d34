/** What is said about processes and does not fit them. */
import { lastStanza, placeOf, stanzasOf, type Warning, type WrittenJob } from './written-job.ts';

/** A task that has run is done. */
export function* respawnedTask(written: WrittenJob): Generator<Warning> {
  const { task, respawn, dialect } = written.job;
  const found = lastStanza(written, 'respawn');
  if (!task || !respawn || dialect === 'event.d' || found === undefined) return;
  yield {
    code: 'respawned-task',
    message: 'Respawn of a task: it is run again only when it fails; exit status 0 ends it',
    hint: 'take `task` out if it is to run all the time, `respawn` if it is to run once',
    at: placeOf(found),
  };
}

export function* limitWithoutRespawn(written: WrittenJob): Generator<Warning> {
  const found = lastStanza(written, 'respawn limit');
  if (written.job.respawn || found === undefined) return;
  yield {
    code: 'limit-without-respawn',
    message: 'Without effect: `respawn limit` limits nothing, because the job does not respawn',
    hint: 'add a line `respawn`',
    at: placeOf(found),
  };
}

/** Without `respawn`, exit status 0 is normal anyway. */
export function* uselessNormalExit(written: WrittenJob): Generator<Warning> {
  const { normalExit, respawn } = written.job;
  const found = lastStanza(written, 'normal exit');
  if (found === undefined || respawn || normalExit.some((status) => status !== 0)) return;
  yield {
    code: 'normal-exit-without-effect',
    message: 'Without effect: exit status 0 is normal anyway where a job does not respawn',
    hint: 'take it out, or add `respawn`',
    at: placeOf(found),
  };
}

/**
 * A shell forks for each command, and the first of them would be taken for the daemon. With `exec`
 * somewhere in it the script may well become the program that forks.
 */
export function* expectOfScript(written: WrittenJob): Generator<Warning> {
  const { expect, processes } = written.job;
  const found = lastStanza(written, 'expect');
  const { main } = processes;
  if (found === undefined || expect === undefined || expect === 'none') return;
  if (
    main?.kind !== 'script' ||
    /(?:^|[\n;&|({]|\bthen|\belse|\bdo)[ \t]*exec[ \t]/.test(main.text)
  ) {
    return;
  }
  if (expect === 'stop' && /\bkill\b/.test(main.text)) return;
  yield {
    code: 'expect-of-script',
    message:
      expect === 'stop'
        ? 'Expect stop of a script: the shell never stops itself, so the job never counts as started'
        : `Expect ${expect} of a script: the shell's first command would be taken for the daemon`,
    hint: 'let the script end in `exec PROGRAM`, or write `exec PROGRAM` and a `pre-start script`',
    at: placeOf(found),
  };
}

/** Told once: whoever writes one script with them writes all. */
export function* carriageReturns(written: WrittenJob): Generator<Warning> {
  for (const { text, node } of stanzasOf(written)) {
    if (node.body.kind !== 'script') continue;
    const { script } = node.body;
    const at = script.text.includes('\r\n') ? text.source.text.indexOf('\r\n', script.from) : -1;
    if (at < 0) continue;
    yield {
      code: 'carriage-return',
      message: 'Carriage returns are part of the script: the shell finds one behind each line',
      hint: 'save the file with line ends of Unix',
      at: { text, from: at, to: at + 1 },
    };
    return;
  }
}

/** Stanzas that are about the main process only. */
const ABOUT_MAIN = [
  'respawn',
  'expect',
  'normal exit',
  'kill signal',
  'kill timeout',
  'reload signal',
];

export function* aboutNothing(written: WrittenJob): Generator<Warning> {
  const { processes, domain, task } = written.job;
  if (processes.main !== undefined || domain !== undefined) return;
  const found = task ? lastStanza(written, 'task') : undefined;
  if (found !== undefined) {
    yield {
      code: 'task-without-process',
      message: 'A task without a process never ends, and whoever waits for it waits for ever',
      hint: 'add `exec` or `script`, or take `task` out',
      at: placeOf(found),
    };
  }
  for (const words of ABOUT_MAIN) {
    const stanza = lastStanza(written, words);
    if (stanza === undefined) continue;
    yield {
      code: 'no-main-process',
      message: `Without effect: \`${words}\` is about the main process, and this job has none`,
      hint: 'add `exec` or `script`, or take it out',
      at: placeOf(stanza),
    };
  }
}
