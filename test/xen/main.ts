/**
 * `npm run test:xen [NAME…]`: the tests of dom0/ against the real xl, in a real Dom0 that runs in an
 * emulator. The first time makes Dom0's image, which takes minutes and root.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDom0, testInDom0, whyNoDom0 } from './rig/dom0.ts';

/** Those that CI runs; the others measure. */
const USUAL = ['contract', 'faults', 'life', 'adoption', 'pool'];

const known = readdirSync(join(import.meta.dirname, 'dom0')).map((name) => name.replace('.ts', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : USUAL;
const unknown = names.filter((name) => !known.includes(name));
const reason = unknown.length > 0 ? `there are no tests ${unknown.join(', ')}` : whyNoDom0();
if (reason === undefined) {
  await makeDom0();
  process.exitCode = await testInDom0(names);
} else {
  console.error(`cannot test against Xen: ${reason}`);
  process.exitCode = 69;
}
