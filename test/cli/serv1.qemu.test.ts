import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { commandLine } from '../support/domstart.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The first time its base is made: that takes as long as mmdebstrap or debootstrap take. */
const LIMIT = 900_000;

test("the report's server gives its page, and ends when it is told to", {
  timeout: LIMIT,
}, async () => {
  const port = await freePort();
  await using cli = await commandLine();
  const { child, finished, said } = cli.start([
    'run',
    'jobs/serv1.conf',
    '--emit',
    'startup',
    `PORT=${port}`,
  ]);
  await said('domain-ready JOB=serv1');
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.headers.get('server')).toMatch(/^lighttpd\//);
  expect(await page.text()).toContain('A page from a throwaway domain.');
  child.kill('SIGINT');
  const { stdout, stderr, status } = await finished;
  // No systemd, and no other init of Debian's.
  expect(stdout).not.toMatch(/systemd/);
  expect(stderr).toMatch(/^event +domain-exited .*REASON=poweroff/m);
  const memory = /^ {2}([\d.]+) MB of memory in use in the guest$/m.exec(stderr)?.[1];
  // The report's full guest took 28.
  expect(Number(memory)).toBeLessThan(28);
  expect(status).toBe(130);
});
