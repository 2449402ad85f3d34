import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

const file = (name: string) => join(resolve(import.meta.dirname, 'xen'), name);

describe('domstart import xen', () => {
  test('prints the stanzas, and says what a job needs beside them', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['import', 'xen', file('guest.cfg')]);
    expect(stdout.split('\n')).toEqual([
      '# A guest of the old kind.',
      'domain name guest',
      'domain memory 64',
      'domain vif mac=00:16:3e:00:00:01,bridge=xenbr0',
      'domain disk phy:/dev/vg/guest,xvda1,w',
      'domain set on_crash destroy',
      '',
    ]);
    expect(stderr).toBe(
      'a job also needs `image from …`, and a guest unless its image is a disk\n',
    );
    expect(status).toBe(0);
  });

  test('says where a config is a program, and prints nothing', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['import', 'xen', file('program.cfg')]);
    expect([status, stdout]).toEqual([65, '']);
    expect(stderr).toContain('program.cfg:2:1: error[xen-config-program]: A program');
    expect(stderr).toContain('2 | import os');
  });

  test('prints one object', async () => {
    await using cli = await commandLine();
    const { status, stdout } = await cli.run(['import', 'xen', '--json', file('program.cfg')]);
    expect(JSON.parse(stdout)).toMatchObject({
      file: file('program.cfg'),
      kind: 'program',
      imported: false,
      lines: [],
      diagnostics: [{ severity: 'error', code: 'xen-config-program', line: 2, column: 1 }],
    });
    expect(status).toBe(65);
  });

  test('says that a file is missing, and that a format is unknown', async () => {
    await using cli = await commandLine();
    const missing = await cli.run(['import', 'xen', 'no-such.cfg']);
    expect([missing.status, missing.stdout]).toEqual([66, '']);
    expect(missing.stderr).toContain('no such file: no-such.cfg');
    expect((await cli.run(['import', 'ovf', 'a'])).status).toBe(64);
  });
});

describe('domstart export xen', () => {
  test('prints the xl.cfg, with variables from the job and from the command line', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['export', 'xen', file('job.conf'), 'N=3']);
    expect(stdout.split('\n')).toEqual([
      '# The domain of job, without `image from disk`, `console`, `timeout`.',
      'name = "vm-3"',
      'type = "pv"',
      'kernel = "/boot/vmlinuz"',
      'extra = "quiet step=3"',
      'memory = 96',
      'disk = ["/srv/data.img,raw,xvdb,w"]',
      'irqs = [5, 6]',
      '',
    ]);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('says which variable is missing', async () => {
    await using cli = await commandLine();
    const { status, stdout, stderr } = await cli.run(['export', 'xen', file('job.conf')]);
    expect([status, stdout]).toEqual([64, '']);
    expect(stderr).toContain('`domain name`: Unknown parameter: N');
    expect(stderr).toContain('N=VALUE');
  });

  test('gives what import takes', async () => {
    await using cli = await commandLine();
    const { stdout } = await cli.run(['export', 'xen', 'jobs/rc-noklus.conf']);
    expect(stdout).toContain('name = "');
    expect(stdout).toContain('memory = 96\n');
  });

  test('wants a job with a domain', async () => {
    await using cli = await commandLine();
    const job = resolve(import.meta.dirname, 'jobs/program.conf');
    expect((await cli.run(['export', 'xen', 'no-such.conf'])).status).toBe(66);
    const folder = await cli.run(['export', 'xen', resolve(import.meta.dirname, '../../jobs')]);
    expect(folder.stderr).toContain('this takes one job');
    expect(folder.status).toBe(64);
    expect((await cli.run(['export', 'xen', job, 'WORD'])).status).toBe(64);
  });
});
