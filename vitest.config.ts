import { defineConfig } from 'vitest/config';

const report = process.env['DOMSTART_TEST_REPORT'];

/** What is waited for comes on a busy machine as well, only later. Milliseconds. */
const expect = { poll: { timeout: 20_000 } };

export default defineConfig({
  test: {
    // What boots a machine or talks to Debian's packages runs alone, after the fast tests: two
    // emulated machines at once on two cores would measure each other.
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.{qemu,host}.test.ts'],
          testTimeout: 30_000,
          expect,
        },
      },
      {
        test: {
          name: 'machine',
          include: ['test/**/*.{qemu,host}.test.ts'],
          globalSetup: 'test/support/set-up-host.ts',
          fileParallelism: false,
          testTimeout: 120_000,
          expect,
          hookTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    reporters: report ? ['default', 'json'] : ['default'],
    ...(report ? { outputFile: { json: report } } : {}),
  },
});
