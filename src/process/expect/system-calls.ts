import { DomstartError } from '../../model/errors.ts';

interface Numbers {
  readonly prctl: number;
  readonly setsid: number;
}

/** By Node's names of architectures. */
const NUMBERS: Readonly<Record<string, Numbers>> = {
  x64: { prctl: 157, setsid: 112 },
  arm64: { prctl: 167, setsid: 157 },
  riscv64: { prctl: 167, setsid: 157 },
  loong64: { prctl: 167, setsid: 157 },
  arm: { prctl: 172, setsid: 66 },
  ia32: { prctl: 172, setsid: 66 },
  s390x: { prctl: 172, setsid: 66 },
  ppc64: { prctl: 171, setsid: 66 },
};

/** The numbers of the system calls that the helper makes. */
export function systemCalls(architecture: string = process.arch): Numbers {
  const numbers = NUMBERS[architecture];
  if (numbers !== undefined) return numbers;
  throw new DomstartError('host-incapable', `cannot follow forks on ${architecture}`, {
    hint: 'run the program in the foreground and take `expect` out of the job',
  });
}
