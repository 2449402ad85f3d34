/** Stanzas that are taken, as by an Upstart that was built without, and do nothing. */
import { placeOf, stanzasOf, type Warning, type WrittenJob } from './written-job.ts';

const WHAT_HAPPENS: Readonly<Record<string, { readonly told: string; readonly hint: string }>> = {
  'apparmor load': {
    told: 'Domstart loads no profile',
    hint: 'load it in `pre-start`: `exec apparmor_parser -r FILE`',
  },
  'apparmor switch': {
    told: 'Domstart runs the job unconfined',
    hint: 'start the program with `aa-exec -p PROFILE`',
  },
  cgroup: {
    told: 'Domstart leaves the job in its own group',
    hint: 'limit it with `limit`, or start the program with `systemd-run --scope`',
  },
};

export function* stanzasWithoutEffect(written: WrittenJob): Generator<Warning> {
  for (const found of stanzasOf(written)) {
    const { words } = found.node.stanza;
    const happens = WHAT_HAPPENS[words];
    if (happens === undefined) continue;
    yield {
      code: 'stanza-without-effect',
      message: `Without effect: \`${words}\` is taken and nothing more, ${happens.told}`,
      hint: happens.hint,
      at: placeOf(found),
    };
  }
}
