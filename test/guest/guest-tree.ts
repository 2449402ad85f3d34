import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseJob } from '../../src/language/parse-job.ts';
import type { GuestSpec } from '../../src/model/domain.ts';

/** As of Ubuntu 7.04, and what else may lie there. */
export const EVENT_D: Readonly<Record<string, string>> = {
  rcS: 'start on startup\n\nconsole owner\nscript\n\techo rcS\nend script\n',
  'rc-default': 'start on stopped rcS\n\nscript\n\ttelinit 2\nend script\n',
  rc2: 'start on runlevel 2\n\nstop on runlevel [!2]\n\nconsole owner\nscript\n\techo rc2\nend script\n',
  tty1: 'start on runlevel 2\nstart on runlevel 3 # and others\nstart on runlevel \\\n  4\n\nstop on shutdown\n\nrespawn\nexec sleep 10000\n',
  'control-alt-delete': 'start on control-alt-delete\n\nexec true\n',
  logd: 'start on startup\nstop on shutdown\n\nexec sleep 10000\nrespawn\n',
  sulogin: '# by hand\nstop on runlevel\nconsole owner\nexec true\n',
  'sub/deep': 'start on started logd\nexec true\n',
  latin: '# caf\xe9\nstart on startup\nexec true\n',
  broken: 'start on startup\nrespawn /bin/x\n',
  '.hidden': 'start on startup\nexec touch hidden\n',
  'tty2~': 'start on startup\nexec touch backup\n',
  'rc2.dpkg-old': 'start on startup\nexec touch old\n',
};

/** The jobs of them that start by themselves. */
export const STARTING = [
  'broken',
  'control-alt-delete',
  'latin',
  'logd',
  'rc-default',
  'rc2',
  'rcS',
  'sub/deep',
  'tty1',
];

export const TEXT = `start on startup
stop on runlevel
console output

script
    echo rc-noklus 1
    echo rc-noklus 2
end script
`;

export function guestOf(
  text = TEXT,
  { init = 'event.d', name = 'rc-noklus' }: { init?: 'event.d' | 'init'; name?: string } = {},
): GuestSpec {
  const { job, diagnostics } = parseJob({ text, file: name, name, dialect: init });
  if (job === undefined) throw new Error(JSON.stringify(diagnostics));
  return { init, job };
}

/** A domain's job file with that guest. */
export function domainJob(init: string, text = TEXT): string {
  const inner = text.replace(/^(?=.)/gm, '    ');
  return `image from busybox\nguest init ${init}\nguest rc-noklus\n${inner}end guest\n`;
}

export interface GuestRig extends Disposable {
  readonly folder: string;
  readonly root: string;
  write(path: string, text: string, mode?: number): void;
  link(path: string, target: string): void;
  read(path: string): string;
}

/** A folder with a guest's root in it, made of these jobs. */
export function guestRig(jobs = EVENT_D, at = 'etc/event.d'): GuestRig {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-guest-'));
  const root = join(folder, 'root');
  const rig: GuestRig = {
    folder,
    root,
    write(path, text, mode = 0o644) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, 'latin1');
      chmodSync(file, mode);
      utimesSync(file, 1_170_000_000, 1_170_000_000);
    },
    link(path, target) {
      symlinkSync(target, join(root, path));
    },
    read: (path) => readFileSync(join(root, path), 'latin1'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  mkdirSync(join(root, at), { recursive: true });
  for (const [name, text] of Object.entries(jobs)) rig.write(`${at}/${name}`, text);
  return rig;
}

/** Everything in a tree: kinds, modes, times, contents; folders without their times. */
export function pictureOf(root: string): Record<string, string> {
  const picture: Record<string, string> = {};
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = join(root, name);
    const stats = lstatSync(file, { bigint: true });
    const mode = stats.mode.toString(8);
    picture[name] = stats.isSymbolicLink()
      ? `-> ${readlinkSync(file)}`
      : stats.isDirectory()
        ? mode
        : `${mode} ${stats.mtimeNs} ${stats.uid} ${readFileSync(file, 'latin1')}`;
  }
  return picture;
}
