import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensureHost } from '../../src/host/ensure-host.ts';
import { writeCpio } from '../../src/image/cpio.ts';

it('busybox reads the archives that are written here', async () => {
  const signal = new AbortController().signal;
  const { busybox } = await ensureHost({ signal, onProgress: () => {} });
  const archive = writeCpio([
    { kind: 'folder', path: '/etc', mode: 0o755 },
    { kind: 'folder', path: '/etc/ä folder', mode: 0o700 },
    { kind: 'file', path: '/etc/ä folder/file', mode: 0o640, content: 'content\n' },
    { kind: 'link', path: '/etc/link', target: 'ä folder/file' },
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'domstart-cpio-'));
  try {
    const options = { input: archive, cwd: folder, encoding: 'utf8', stdio: 'pipe' } as const;
    const list = execFileSync(busybox.path, ['cpio', '-t'], options);
    expect(list).toBe('etc\netc/link\netc/ä folder\netc/ä folder/file\n');
    execFileSync(busybox.path, ['cpio', '-id'], options);
    expect(readFileSync(join(folder, 'etc/link'), 'utf8')).toBe('content\n');
    expect(readlinkSync(join(folder, 'etc/link'))).toBe('ä folder/file');
    expect(statSync(join(folder, 'etc/ä folder')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'etc/ä folder/file')).mode & 0o777).toBe(0o640);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
