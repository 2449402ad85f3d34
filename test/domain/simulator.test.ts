import { createSimulator, type Step } from '../../src/domain/simulator/simulator.ts';
import { describeHypervisor } from '../contract/hypervisor.ts';

describeHypervisor('the simulator', async () => {
  const guests = new Map<string, readonly Step[]>();
  return {
    hypervisor: createSimulator({ script: ({ image }) => guests.get(image.kernel) ?? [] }),
    async image(folder, steps) {
      guests.set(folder, steps);
      return {
        kernel: folder,
        conservativeKernel: folder,
        initrd: folder,
        cached: true,
        description: 'steps',
      };
    },
  };
});
