import { describe, expect, it } from 'vitest';
import {
  readsDropIns,
  withoutPermits,
  withRefusals,
} from '../../../src/image/system/sshd-config.ts';

describe('sshd_config', () => {
  it('permits root nowhere, however it is written', () => {
    const text = `permitrootlogin=prohibit-password
  PermitRootLogin "yes"
PermitRootLogin\tno # already
#PermitRootLogin yes
PermitEmptyPasswords YES
Match Address 10.0.0.0/8
    PermitRootLogin without-password
`;
    expect(withoutPermits(text)).toBe(`permitrootlogin no
  PermitRootLogin no
PermitRootLogin\tno # already
#PermitRootLogin yes
PermitEmptyPasswords no
Match Address 10.0.0.0/8
    PermitRootLogin no
`);
  });

  it('says both for everybody, before what is for some', () => {
    expect(withRefusals('Port 22\n')).toBe(
      'PermitRootLogin no\nPermitEmptyPasswords no\nPort 22\n',
    );
    expect(withRefusals('PermitEmptyPasswords no\nMatch all\nPermitRootLogin no\n')).toBe(
      'PermitRootLogin no\nPermitEmptyPasswords no\nMatch all\nPermitRootLogin no\n',
    );
  });

  it('reads the drop-ins where it includes them for everybody', () => {
    expect(readsDropIns('# x\nInclude /etc/ssh/sshd_config.d/*.conf\n')).toBe(true);
    expect(readsDropIns('#Include /etc/ssh/sshd_config.d/*.conf\n')).toBe(false);
    expect(readsDropIns('Match all\nInclude /etc/ssh/sshd_config.d/*.conf\n')).toBe(false);
    expect(
      readsDropIns('Include /etc/ssh/more.conf\nInclude /etc/ssh/sshd_config.d/*.conf\n'),
    ).toBe(false);
  });
});
