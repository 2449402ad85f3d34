import { describe, expect, it } from 'vitest';
import { parseConfig, unmetLines } from '../../../src/host/kernel-build/fragment.ts';
import { readFragment } from '../../../src/host/kernel-build/fragment-file.ts';

describe('a fragment of a kernel configuration', () => {
  it('is lines that set an option or turn it off; all else is comment', () => {
    const text = '# why\nCONFIG_A=y\n\n# CONFIG_B is not set\nCONFIG_C="x=y"\n#CONFIG_D=y\n';
    expect(parseConfig(text)).toEqual([
      { option: 'CONFIG_A', value: 'y', line: 2 },
      { option: 'CONFIG_B', value: undefined, line: 4 },
      { option: 'CONFIG_C', value: '"x=y"', line: 5 },
    ]);
  });

  it('is met by a configuration that has all of it, or does not know what is to be off', () => {
    const fragment = 'CONFIG_A=y\n# CONFIG_B is not set\n';
    expect(unmetLines(fragment, 'CONFIG_Z=y\nCONFIG_A=y\n')).toEqual([]);
    expect(unmetLines(fragment, 'CONFIG_A=y\n# CONFIG_B is not set\n')).toEqual([]);
  });

  it('names every line that did not take', () => {
    const fragment = 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=14\nCONFIG_D=y\nCONFIG_E=y\n';
    const config = 'CONFIG_A=m\nCONFIG_B=y\nCONFIG_C=12\n# CONFIG_D is not set\n';
    expect(unmetLines(fragment, config)).toEqual([
      'line 1: CONFIG_A: wanted y, is m',
      'line 2: CONFIG_B: wanted off, is y',
      'line 3: CONFIG_C: wanted 14, is 12',
      'line 4: CONFIG_D: wanted y, is off',
      'line 5: CONFIG_E: wanted y, is off',
    ]);
  });

  it('that ships says nothing twice, builds nothing as a module and needs no module', async () => {
    const lines = parseConfig(await readFragment());
    const options = lines.map(({ option }) => option);
    expect(options.length).toBeGreaterThan(80);
    expect(options.filter((it, index) => options.indexOf(it) !== index)).toEqual([]);
    expect(lines.filter(({ value }) => value === 'm')).toEqual([]);
    expect(options).not.toContain('CONFIG_MODULES');
  });
});
