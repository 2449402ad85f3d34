import { describe, expect, it } from 'vitest';
import { hostsText } from '../../../src/image/system/hosts.ts';

describe('/etc/hosts', () => {
  it('keeps what is there but for the host of before and the names that the job has', () => {
    const existing = `127.0.0.1\tlocalhost
127.0.1.1\told-name
# the office
10.0.0.9 files DOM0 # both
10.0.0.8 dom0
`;
    const hosts = [{ address: '10.0.0.1', names: ['dom0'] }];
    expect(
      hostsText({ existing, hostname: 'noklus.example.org', hosts }),
    ).toBe(`127.0.0.1\tlocalhost
# the office
10.0.0.9 files
127.0.1.1 noklus.example.org noklus
10.0.0.1 dom0
`);
  });

  it('says the name of the guest once', () => {
    const hosts = [{ address: '10.0.0.2', names: ['noklus'] }];
    expect(hostsText({ hostname: 'noklus', hosts })).not.toContain('127.0.1.1');
    const existing = '127.0.0.1 localhost Noklus\n';
    expect(hostsText({ existing, hostname: 'noklus', hosts: [] })).toBe(existing);
  });

  it('gives a file without localhost its line', () => {
    const text = hostsText({ existing: '10.0.0.9 files\n', hostname: 'noklus', hosts: [] });
    expect(text).toBe('127.0.0.1 localhost\n10.0.0.9 files\n127.0.1.1 noklus\n');
  });

  it('is the same when it is done twice', () => {
    const hosts = [{ address: 'fd00::1', names: ['dom0'] }];
    const once = hostsText({ hostname: 'noklus', hosts });
    expect(hostsText({ existing: once, hostname: 'noklus', hosts })).toBe(once);
  });
});
