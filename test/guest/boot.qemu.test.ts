import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootGuest } from './boot-guest.ts';

const JOBS = resolve(import.meta.dirname, '../../jobs');

function jobOf(stanzas: string): string {
  return `image from busybox\nguest init direct\nguest one\n${stanzas}\nend guest\n`;
}

function boot(stanzas: string, environment?: ReadonlyMap<string, string>) {
  const jobFile = resolve(JOBS, 'one.conf');
  return bootGuest({ text: jobOf(stanzas), jobFile, ...(environment ? { environment } : {}) });
}

function bootFile(name: string, environment: ReadonlyMap<string, string> = new Map()) {
  const jobFile = resolve(JOBS, name);
  return bootGuest({ text: readFileSync(jobFile, 'utf8'), jobFile, environment });
}

describe('a booted guest', () => {
  it('tells the exit status of its job, and what ran around it', async () => {
    const { lines, marks } = await boot(
      `env GREETING="it's me"
      chdir /tmp
      umask 077
      pre-start exec echo before
      script
        echo "$GREETING" "$UPSTART_JOB" "$EVENT" $(pwd) $(umask)
        exit 3
      end script
      post-stop exec echo after`,
      new Map([['EVENT', 'from outside']]),
    );
    expect(lines.slice(0, 3)).toEqual(['before', "it's me one from outside /tmp 0077", 'after']);
    expect(marks).toMatchObject({ init: '', exit: '3' });
    expect(Number(marks['job'])).toBeGreaterThan(0);
    expect(Number(marks['memory'])).toBeGreaterThan(1000);
  });

  it.each([
    ['exec sh -c "kill -KILL \\$\\$"', '137'],
    ['exec sh -c "kill -INT \\$\\$"', '130'],
    ['exec /does/not/exist', '127'],
  ])('tells of a job that ends with `%s`: %s', async (stanza, status) => {
    expect((await boot(stanza)).marks['exit']).toBe(status);
  });

  it('does not run main where pre-start fails', async () => {
    const { lines, marks } = await boot('pre-start exec false\nexec echo main');
    expect(marks['exit']).toBe('1');
    expect(lines).not.toContain('main');
  });

  it.each(['/sbin/halt -f', 'poweroff', 'exec /sbin/reboot'])(
    'is off after `%s`, its job having done well',
    async (command) => {
      const { lines, marks } = await boot(`script
        echo halting
        ${command}
        echo still here
      end script
      post-stop exec echo after`);
      expect(marks['exit']).toBe('0');
      expect(lines).toContain('halting');
      expect(lines).not.toContain('still here');
      expect(lines).not.toContain('after');
    },
  );

  it('gets the last byte out before it powers off', async () => {
    const { lines, marks } = await boot('exec sh -c "seq 1 3000; printf end"');
    expect(lines).toContain('3000');
    expect(lines).toContain('end');
    expect(marks['exit']).toBe('0');
  });

  it('keeps the token to itself', async () => {
    const { lines, marks } = await boot(`script
      grep -r "d0d0[c]afe" /init /etc /proc/1/environ /proc/1/cmdline /proc/cmdline && echo found
      env
    end script`);
    expect(lines.join('\n')).not.toContain('found');
    expect(marks['exit']).toBe('0');
  });
});

describe('the jobs that ship', () => {
  it('rc-noklus.conf finds no network and shows the process tree', async () => {
    const { lines, marks } = await bootFile('rc-noklus.conf', new Map([['FILE', 'load.sh']]));
    const text = lines.join('\n');
    expect(text).toMatch(/^rc-noklus 1$[\s\S]*Network is unreachable[\s\S]*^rc-noklus 2$/m);
    expect(text).toMatch(/^init\n`-sh\n {2}`-load\.sh\n/m);
    expect(text).toMatch(/^kthreadd and \d+ kernel threads$/m);
    expect(marks['exit']).toBe('0');
  });

  it('rc-noklus-net.conf pings its gateway', async () => {
    const { lines, marks } = await bootFile('rc-noklus-net.conf');
    const text = lines.join('\n');
    expect(text).toMatch(/^rc-noklus 1$[\s\S]*inet 10\.0\.2\.15\/24[\s\S]*^rc-noklus 2$/m);
    expect(text).toContain('1 packets received, 0% packet loss');
    expect(marks['exit']).toBe('0');
  });
});
