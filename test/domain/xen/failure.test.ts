import { describe, expect, test } from 'vitest';
import { freeMemory, isUnknownDomain, xlError } from '../../../src/domain/xen/failure.ts';
import { createdDomain, domainEnd, fateOf } from '../../../src/domain/xen/fate.ts';
import { domainsOf } from '../../../src/domain/xen/left-overs.ts';

/** What follows from every failed creation (xl 4.17). */
const NOISE = `libxl: error: libxl_create.c:1640:domcreate_rebuild_done: Domain 3:cannot (re-)build domain: -3
libxl: error: libxl_domain.c:1183:libxl__destroy_domid: Domain 3:Non-existant domain
libxl: error: libxl_domain.c:1137:domain_destroy_callback: Domain 3:Unable to destroy guest
libxl: error: libxl_domain.c:1064:domain_destroy_cb: Domain 3:Destruction of domain failed
`;

/** xl's own words, as they were seen. */
test.each([
  [
    'not root',
    'xencall: error: Could not obtain handle on privileged command interface: Permission denied\nlibxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: Permission denied\ncannot init xl context\n',
    'host-incapable',
    /only root/,
  ],
  [
    'no Dom0',
    'xencall: error: Could not obtain handle on privileged command interface: No such file or directory\nlibxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory\n',
    'host-incapable',
    /no Xen host/,
  ],
  [
    'no such kernel',
    `xc: error: panic: xg_dom_core.c:205: failed to open file '/k': No such file or directory: Internal error\nlibxl: error: libxl_dom.c:646:libxl__build_pv: xc_dom_kernel_file failed: No such file or directory\n${NOISE}`,
    'file-missing',
    /: it boots from \/k: No such file or directory$/,
  ],
  [
    'no kernel',
    `xc: error: panic: xg_dom_core.c:689: xc_dom_find_loader: no loader found: Invalid kernel\n${NOISE}`,
    'boot-failed',
    /kernel is none that Xen can boot/,
  ],
  [
    'name in use',
    `libxl: error: libxl_domain.c:81:libxl__domain_rename: Domain 2:Domain with name "b" already exists.\n${NOISE}`,
    'boot-failed',
    /a domain of the name b already/,
  ],
  [
    'no such disk',
    `libxl: error: libxl_device.c:455:libxl__device_disk_set_backend: Disk vdev=xvda failed to stat: /d: No such file or directory\n${NOISE}`,
    'file-missing',
    /: its disk xvda: \/d: No such file or directory$/,
  ],
  [
    'no backend',
    `libxl: error: libxl_device.c:1181:device_backend_callback: Domain 4:unable to add device with path /local/domain/0/backend/vif/4/0\nlibxl: error: libxl_create.c:1921:domcreate_attach_devices: Domain 4:unable to add vif devices\n${NOISE}`,
    'host-incapable',
    /could not attach its vif/,
  ],
  [
    'no IOMMU',
    'libxl: error: libxl_create.c:1160:libxl__domain_config_setdefault: passthrough not supported on this platform\n',
    'host-incapable',
    /PCI/,
  ],
  [
    'a PCI device that is not assignable',
    `libxl: error: libxl_pci.c:444:libxl_device_pci_assignable_list: Looks like pciback driver not loaded\nlibxl: error: libxl_pci.c:1677:libxl__device_pci_add: Domain 1:PCI device 0:0:1f.3 is not assignable\nlibxl: error: libxl_pci.c:1809:device_pci_add_done: Domain 1:libxl__device_pci_add failed for PCI device 0:0:1f.3 (rc -3)\nlibxl: error: libxl_create.c:1921:domcreate_attach_devices: Domain 1:unable to add pci devices\n${NOISE}`,
    'host-incapable',
    /: its PCI device 0:1f\.3 is not free to be passed through, or not there$/,
  ],
  [
    'PCI for PVH',
    'libxl: error: libxl_x86.c:831:libxl__arch_passthrough_mode_setdefault: passthrough not yet supported for x86 PVH guests\n',
    'host-incapable',
    /no PCI devices through to a PVH guest$/,
  ],
  [
    'something new',
    `Parsing config from /r/xl.cfg\nthe moon is full\n${NOISE}`,
    'boot-failed',
    /^cannot create domain a: xl failed: the moon is full\n {4}libxl: .*: -3$/,
  ],
  ['nothing', '', 'boot-failed', /it said nothing/],
])('%s is one clear error', (_, text, code, message) => {
  const error = xlError({ what: 'create domain a', text, hung: false });
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
  expect(error.message).toMatch(/^cannot create domain a: /);
  expect(error.message).not.toMatch(/Non-existant|Destruction/);
  expect(error.hint).toBeTruthy();
});

describe('too little memory', () => {
  const text = `xc: error: panic: xg_dom_boot.c:119: xc_dom_boot_mem_init: can't allocate low memory for domain: Out of memory\n${NOISE}`;

  test('says how much is free', () => {
    const info = 'total_memory           : 1023\nfree_memory            : 498\n';
    const memory = { wanted: 2000, free: freeMemory(info) };
    const { message } = xlError({ what: 'create domain a', text, hung: false, memory });
    expect(message).toBe('cannot create domain a: it wants 2000 MiB, and Xen has 498 MiB free');
  });

  test('also where that is not known', () => {
    const memory = { wanted: 2000, free: freeMemory('xl: not found') };
    const { message } = xlError({ what: 'create domain a', text, hung: false, memory });
    expect(message).toBe('cannot create domain a: it wants 2000 MiB, and Xen has not so much');
  });
});

test('an xl that hangs', () => {
  const { message, hint } = xlError({ what: 'create domain a', text: '', hung: true });
  expect(message).toBe('cannot create domain a: xl did not answer in time');
  expect(hint).toMatch(/xenstored/);
});

test('an unknown domain', () => {
  expect(isUnknownDomain(NOISE)).toBe(true);
  expect(isUnknownDomain('nosuch is an invalid domain identifier (rc=-6)\n')).toBe(true);
  expect(isUnknownDomain("Error: Domain '1' does not exist.\n")).toBe(true);
  expect(isUnknownDomain('libxl: error: something else')).toBe(false);
});

describe('what xl says in the foreground', () => {
  const begin = 'Parsing config from /r/xl.cfg\n';
  const waiting = `${begin}Waiting for domain job-1 (domid 16) to die [pid 145]\n`;

  test('the domain exists', () => {
    expect(createdDomain(begin)).toBeUndefined();
    expect(createdDomain(waiting.slice(0, -2))).toBeUndefined();
    expect(createdDomain(waiting)).toBe(16);
  });

  test.each([
    [0, { reason: 'poweroff' }],
    [1, { reason: 'reboot' }],
    [3, { reason: 'crash' }],
    [4, { reason: 'watchdog' }],
    [2, { reason: 'failed', detail: expect.stringContaining('suspended') }],
    [77, { reason: 'failed', detail: expect.stringContaining('77') }],
  ])('reason code %i', (code, end) => {
    const fate = fateOf(`${waiting}Domain 16 has shut down, reason code ${code} 0x${code}\n`);
    expect(fate && domainEnd(fate)).toEqual(end);
  });

  test('destroyed, and nothing at all', () => {
    expect(fateOf(`${waiting}Domain 16 has been destroyed.\n`)).toEqual({ kind: 'destroyed' });
    expect(domainEnd({ kind: 'destroyed' })).toEqual({ reason: 'destroyed' });
    expect(fateOf(waiting)).toBeUndefined();
  });
});

test('domains by their uuid', () => {
  const list = `UUID                                  ID    name
00000000-0000-0000-0000-000000000000  0    Domain-0                      
aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeeeee  1    b                             
aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeeeee  12    (null)                             
`;
  expect([...domainsOf(list)]).toEqual([
    ['00000000-0000-0000-0000-000000000000', ['0']],
    ['aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeeeee', ['1', '12']],
  ]);
});
