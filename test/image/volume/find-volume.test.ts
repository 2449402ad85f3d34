import { expect, test } from 'vitest';
import { isVolumeName, parseVolumes } from '../../../src/image/volume/find-volume.ts';

/** What lvs of LVM 2.03.16 has said. */
const REPORT = `  {
      "report": [
          {
              "lv": [
                  {"vg_name":"vg0", "lv_name":"guest", "lv_path":"/dev/vg0/guest", "lv_size":"33554432", "lv_attr":"owi-aos---", "lv_tags":"", "vg_free":"239075328", "vg_extent_size":"4194304"},
                  {"vg_name":"vg0", "lv_name":"snap", "lv_path":"/dev/vg0/snap", "lv_size":"37748736", "lv_attr":"sri-a-s---", "lv_tags":"domstart-snapshot,x", "vg_free":"239075328", "vg_extent_size":"4194304"}
              ]
          }
      ]
  }
`;

test('what lvs says is read', () => {
  const [guest, snapshot] = parseVolumes(REPORT);
  expect(guest).toEqual({
    ...{ name: 'vg0/guest', group: 'vg0', path: '/dev/vg0/guest', size: 33554432 },
    ...{ attributes: 'owi-aos---', tags: [], free: 239075328, extent: 4194304 },
  });
  expect(snapshot).toMatchObject({ name: 'vg0/snap', tags: ['domstart-snapshot', 'x'] });
});

test('an lvs that knows no JSON is told', () => {
  expect(() => parseVolumes('  guest vg0 -wi-a-----\n')).toThrow(
    expect.objectContaining({ code: 'host-incapable' }),
  );
});

test.each([
  ['vg0/guest', true],
  ['guest', false],
  ['/dev/vg0/guest', false],
  ['@tag', false],
  ['--all/x', false],
  ['vg0/a/b', false],
])('%s is the name of a volume: %s', (name, expected) => {
  expect(isVolumeName(name)).toBe(expected);
});
