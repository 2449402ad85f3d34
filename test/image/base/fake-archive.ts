import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import { type BaseRequest, obtainBase } from '../../../src/image/base/base.ts';

export interface FakeArchive extends Disposable {
  readonly folder: string;
  readonly cache: string;
  readonly apt: string;
  /** Puts packages of that digest into the archive, as of that day of January 2024. */
  release(options: {
    readonly digest: string;
    readonly day: number;
    readonly suite?: string;
  }): void;
  /** What the host's apt is told. */
  sources(text: string): void;
  /** How often the tool was run. */
  builds(): number;
  obtain(own?: Partial<BaseRequest>): ReturnType<typeof obtainBase>;
  readonly told: string[];
}

/** An archive in a folder, apt's settings for it, and a stand-in for mmdebstrap on PATH. */
export function fakeArchive(): FakeArchive {
  const folder = mkdtempSync(join(tmpdir(), 'domstart-archive-'));
  const [cache, apt, mirror] = [join(folder, 'cache'), join(folder, 'apt'), join(folder, 'mirror')];
  mkdirSync(apt);
  const log = join(folder, 'log');
  writeFileSync(log, '');
  vi.stubEnv('PATH', `${resolve(import.meta.dirname, 'fixtures')}:${process.env['PATH']}`);
  vi.stubEnv('FAKE_LOG', log);
  const told: string[] = [];
  const archive: FakeArchive = {
    ...{ folder, cache, apt, told },
    release({ digest, day, suite = 'test' }) {
      const dist = join(mirror, 'dists', suite);
      mkdirSync(dist, { recursive: true });
      const date = `Mon, ${String(day).padStart(2, '0')} Jan 2024 00:00:00 UTC`;
      const list = `${digest.repeat(64).slice(0, 64)} 10 main/binary-amd64/Packages`;
      const text = `Suite: ${suite}\nCodename: ${suite}\nDate: ${date}\nComponents: main\nArchitectures: amd64\nSHA256:\n ${list}\n`;
      writeFileSync(join(dist, 'Release'), text);
    },
    sources: (text) => writeFileSync(join(apt, 'sources.list'), text),
    builds: () => readFileSync(log, 'utf8').split('\n').length - 1,
    obtain: (own = {}) =>
      obtainBase({
        ...{ cache, apt, mayFetch: true, source: { kind: 'debootstrap', suite: 'test' } },
        signal: new AbortController().signal,
        onProgress: (text) => told.push(text),
        ...own,
      }),
    [Symbol.dispose]: () => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    },
  };
  archive.sources(`deb [trusted=yes] file:${mirror} test main\n`);
  archive.release({ digest: 'a', day: 1 });
  return archive;
}

/** The processes that have `text` among their arguments or in their environment. */
export function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && hasText(pid, text));
}

function hasText(pid: number, text: string): boolean {
  try {
    if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
    return ['cmdline', 'environ'].some((name) =>
      readFileSync(`/proc/${pid}/${name}`, 'latin1').includes(text),
    );
  } catch {
    return false;
  }
}
