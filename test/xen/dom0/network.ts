import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { macOf } from '../../../src/domain/xen/identity.ts';
import { daemonTest } from '../support/daemon.ts';
import { hostState } from './xl.ts';

const root = process.env['DOMSTART_TEST_ROOT'] ?? '';
const host = promisify(execFile);

/** What a bridge of Dom0 is like, without a card of the host in it. */
const BRIDGE = 'xenbr0';
const ADDRESS = '192.168.77.1';

let folder: string;
let server: Server;
let clients: (string | undefined)[];
let before: unknown;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-test-'));
  await host('modprobe', ['-a', 'xen-netback', 'bridge']);
  await host('ip', ['link', 'add', BRIDGE, 'type', 'bridge']);
  await host('ip', ['address', 'add', `${ADDRESS}/24`, 'dev', BRIDGE]);
  await host('ip', ['link', 'set', BRIDGE, 'up']);
  server = createServer((request, response) => {
    clients.push(request.socket.remoteAddress);
    response.end('the page\n');
  });
  server.listen(8000, ADDRESS);
  await once(server, 'listening');
});

beforeEach(async () => {
  clients = [];
  before = await state();
});

afterEach(async () => {
  expect(await state()).toEqual(before);
});

afterAll(async () => {
  server.close();
  await host('ip', ['link', 'delete', BRIDGE]);
  rmSync(folder, { recursive: true });
});

/** Also what Xen's hotplug scripts have made of a card, and what they remember of it. */
async function state() {
  const list = (command: string) => host('sh', ['-c', command]).then(({ stdout }) => stdout);
  return {
    ...(await hostState()),
    cards: await list('ls /sys/class/net'),
    ports: await list(`ls /sys/class/net/${BRIDGE}/brif`),
    backends: await list('xenstore-ls /local/domain/0/backend 2>&1 || :'),
    hotplug: await list(
      'xenstore-ls /libxl 2>&1 | grep -c vif || :; ls /run/xen-hotplug 2>&1 || :',
    ),
  };
}

async function run(name: string): Promise<string> {
  const it = daemonTest();
  const { closed, said } = it.domstart('run', join(root, `test/xen/jobs/${name}.conf`));
  expect(await closed, said.text).toBe(0);
  it.remove();
  return said.text;
}

test('a guest on a bridge reaches this host, with an address and a card of its own', async () => {
  for (const round of [1, 2]) {
    const text = await run('bridged');
    // The same in every run.
    expect(text).toContain(`mac ${macOf('bridged-00000000', 0)}\n`);
    expect(text).toContain('1 packets transmitted, 1 packets received');
    expect(text).toContain('\nthe page\n');
    expect(clients).toEqual(Array(round).fill('192.168.77.2'));
  }
});

test('a guest is given an address by who gives them out on the bridge', async () => {
  const config = join(folder, 'udhcpd.conf');
  const lines = [
    `interface ${BRIDGE}`,
    'start 192.168.77.50',
    'end 192.168.77.59',
    `option router ${ADDRESS}`,
    'option subnet 255.255.255.0',
    `lease_file ${join(folder, 'leases')}`,
    `pidfile ${join(folder, 'pid')}`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'leases'), '');
  const dhcp = spawn('busybox', ['udhcpd', '-f', config], { stdio: 'ignore' });
  try {
    const text = await run('leased');
    expect(text).toMatch(/inet 192\.168\.77\.5\d\/24/);
    expect(text).toContain(`default via ${ADDRESS} dev eth0`);
    expect(text).toContain('\nthe page\n');
    expect(clients).toEqual([expect.stringMatching(/^192\.168\.77\.5\d$/)]);
  } finally {
    dhcp.kill();
    await once(dhcp, 'exit');
  }
});
