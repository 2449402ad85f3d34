import { DomstartError } from '../../model/errors.ts';
import { findExecutable } from '../../system/find-executable.ts';

const NOTHING = 2;

/**
 * What is on a device, as far as blkid(8) knows it, for people: `ext4, labelled data`. Undefined where
 * there is nothing that it knows. Throws `host-incapable` where there is no blkid.
 */
export async function findSignature(
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const places = [process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(':');
  const file = findExecutable('blkid', { path: places });
  if (file === undefined) {
    const message = 'this host has no blkid, which tells whether a volume is empty';
    throw new DomstartError('host-incapable', message, { hint: '`apt-get install util-linux`' });
  }
  const { execa } = await import('execa');
  const { exitCode, stdout } = await execa(file, ['--probe', '--output', 'export', path], {
    cancelSignal: signal,
    reject: false,
    stdin: 'ignore',
    env: { LC_ALL: 'C' },
  });
  signal.throwIfAborted();
  return exitCode === NOTHING ? undefined : describe(stdout);
}

function describe(report: string): string {
  const fields = new Map(
    report.split('\n').map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const type = fields.get('TYPE') ?? fields.get('PTTYPE');
  if (type === undefined) return 'something';
  const what = fields.has('TYPE') ? type : `a partition table (${type})`;
  const label = fields.get('LABEL');
  return label === undefined ? what : `${what}, labelled ${label}`;
}
