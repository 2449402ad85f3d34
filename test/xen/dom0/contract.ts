import { createXen } from '../../../src/domain/xen/hypervisor.ts';
import { findXenTools } from '../../../src/domain/xen/tools.ts';
import { toXenConfig } from '../../../src/language/xen/to-config.ts';
import { describeHypervisor } from '../../contract/hypervisor.ts';
import { systemClock } from '../../support/system-clock.ts';
import { withoutKernelLines, writeScriptGuest } from './script-guest.ts';

describeHypervisor('Xen', async () => ({
  hypervisor: createXen({ tools: findXenTools(), clock: systemClock, printConfig: toXenConfig }),
  image: writeScriptGuest,
  own: withoutKernelLines,
}));
