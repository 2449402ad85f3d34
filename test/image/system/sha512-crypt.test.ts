import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { sha512Crypt } from '../../../src/image/system/sha512-crypt.ts';

const CRYPT = 'chomp(my $password = <STDIN>); print crypt($password, $ARGV[0])';

describe('sha512-crypt', () => {
  it('gives what the specification says', () => {
    expect(sha512Crypt(Buffer.from('Hello world!'), 'saltstring')).toBe(
      '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
    );
  });

  it.each(['x', 'größe', 'a'.repeat(63), 'b'.repeat(64), 'c'.repeat(65), 'd'.repeat(200)])(
    'gives what crypt(3) gives for %s',
    (password) => {
      const salt = 'Ab./0123456789zZ';
      const { stdout } = spawnSync('perl', ['-e', CRYPT, `$6$${salt}`], {
        input: `${password}\n`,
        encoding: 'utf8',
      });
      expect(sha512Crypt(Buffer.from(password), salt)).toBe(stdout);
    },
  );
});
