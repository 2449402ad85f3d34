import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  ownSocketPath,
  sessionOfPath,
  socketPath,
} from '../../../src/daemon/control/socket-path.ts';

describe('where a client looks for its daemon', () => {
  const everything = {
    DOMSTART_SOCKET: '/a/told',
    UPSTART_SESSION: 'unix:path=/a/session',
    XDG_RUNTIME_DIR: '/run/user/7',
  };
  test.each([
    [everything, 7, '/a/told'],
    [{ ...everything, DOMSTART_SOCKET: undefined }, 7, '/a/session'],
    [{ ...everything, DOMSTART_SOCKET: '' }, 0, '/a/session'],
    [{ XDG_RUNTIME_DIR: '/run/user/7' }, 7, '/run/user/7/domstart/control'],
    [{ XDG_RUNTIME_DIR: '/run/user/0' }, 0, '/run/domstart/control'],
    [{}, 7, '/tmp/domstart-7/control'],
    [{ DOMSTART_SOCKET: 'here' }, 7, resolve('here')],
    // The session of a real Upstart, and what is no address.
    [
      { UPSTART_SESSION: 'unix:abstract=/com/ubuntu/upstart-session/7/9' },
      7,
      '/tmp/domstart-7/control',
    ],
    [{ UPSTART_SESSION: 'unix:path=%zz' }, 7, '/tmp/domstart-7/control'],
    [{ UPSTART_SESSION: 'unix:path=/a/s,guid=1;unix:path=/b' }, 7, '/a/s'],
  ])('%j of user %i: %s', (environment, uid, path) => {
    expect(socketPath({ environment, uid })).toBe(path);
  });

  test('a daemon does not take the socket of the daemon that started it', () => {
    const environment = { UPSTART_SESSION: 'unix:path=/a/session' };
    expect(ownSocketPath({ environment, uid: 0 })).toBe('/run/domstart/control');
    expect(ownSocketPath({ environment: { DOMSTART_SOCKET: '/x' }, uid: 0 })).toBe('/x');
  });

  test.each(['/run/domstart/control', "/tmp/a b,c;d%2F(é)'!", '/tmp/=*~x'])(
    'a job of the daemon at %s finds it',
    (path) => {
      const session = sessionOfPath(path);
      expect(session).toMatch(/^unix:path=[-0-9A-Za-z_/.*%]+$/);
      expect(socketPath({ environment: { UPSTART_SESSION: session }, uid: 7 })).toBe(path);
    },
  );
});
