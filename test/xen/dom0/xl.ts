import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the real xl says, whatever its status. */
export async function xl(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('xl', args).catch((error) => error);
  return `${stdout}${stderr}`;
}

/** What may be left behind on a Xen host, to be compared with what was there before. */
export async function hostState(): Promise<Record<string, string>> {
  const [domains, loops, mounts, processes] = await Promise.all([
    xl('vm-list'),
    run('losetup', ['-a']).then(({ stdout }) => stdout),
    run('cat', ['/proc/mounts']).then(({ stdout }) => stdout),
    run('sh', ['-c', "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"]).then(({ stdout }) =>
      (
        stdout.match(/\bxl (?:create|unpause|shutdown|sysrq|destroy)\b|xenconsole \d+/g) ?? []
      ).join(),
    ),
  ]);
  return { domains, loops, mounts, processes };
}
