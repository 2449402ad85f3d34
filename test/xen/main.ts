/**
 * `npm run test:xen [NAME…]`: the tests of dom0/ against the real xl, in a real Dom0 that runs in an
 * emulator. The first time makes Dom0's image, which takes minutes and root.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeDom0, testInDom0, whyNoDom0 } from './rig/dom0.ts';

/** Those that say whether all is well; the others measure. */
const USUAL = [
  ...[
    'contract',
    'faults',
    'life',
    'network',
    'adoption',
    'moments',
    'pool',
    'save',
    'spool',
    'store',
    'pci',
  ],
];

/** They leave a Dom0 that is of no use. */
const ALONE: ReadonlySet<string> = new Set(['store']);

/** They are about a machine that passes PCI devices through. */
const WITH_IOMMU: ReadonlySet<string> = new Set(['pci']);

const known = readdirSync(join(import.meta.dirname, 'dom0')).map((name) => name.replace('.ts', ''));
const names = process.argv.length > 2 ? process.argv.slice(2) : USUAL;
const unknown = names.filter((name) => !known.includes(name));
const reason = unknown.length > 0 ? `there are no tests ${unknown.join(', ')}` : whyNoDom0();
if (reason === undefined) {
  await makeDom0();
  const together = names.filter((name) => !ALONE.has(name) && !WITH_IOMMU.has(name));
  const alone = names.filter((name) => ALONE.has(name));
  const iommu = names.filter((name) => WITH_IOMMU.has(name));
  const batches = [
    { batch: together },
    ...alone.map((name) => ({ batch: [name] })),
    { batch: iommu, iommu: true },
  ];
  for (const { batch, ...machine } of batches) {
    const status = batch.length === 0 ? 0 : await testInDom0(batch, machine);
    process.exitCode ||= status;
  }
} else {
  console.error(`cannot test against Xen: ${reason}`);
  process.exitCode = 69;
}
