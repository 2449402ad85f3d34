import { findTools } from '../host/find-host.ts';
import { buildKernel } from '../host/kernel-build/build-kernel.ts';
import { readFragment } from '../host/kernel-build/fragment-file.ts';
import { listOptimisedKernels } from '../host/kernel-build/optimised-kernel.ts';
import { cacheFolder } from '../host/paths.ts';
import { EXIT } from './exit-codes.ts';
import { fail, print, say } from './output.ts';
import { untilInterrupted } from './until-interrupted.ts';

export interface BuildOptions {
  readonly jobs?: number;
  readonly force?: true;
  readonly json?: true;
}

/** `domstart kernel build`. */
export function build({ jobs, force, json }: BuildOptions): Promise<number> {
  return untilInterrupted(
    'kernel',
    (work) =>
      buildKernel({
        ...work,
        cache: cacheFolder(),
        ...(jobs === undefined ? {} : { parallel: jobs }),
        ...(force === undefined ? {} : { force }),
      }),
    (kernel) => {
      if (json) print(JSON.stringify(kernel));
      else {
        const how = kernel.cached ? 'was built before' : 'built';
        say(`kernel: ${kernel.version} ${how}: use it with \`domain kernel optimised\``);
      }
    },
  );
}

/** One line of `domstart kernel list`. */
interface Listed {
  /** What `domain kernel` calls it. */
  readonly name: 'auto' | 'optimised';
  readonly version: string;
  /** Whether that name means this one. */
  readonly used: boolean;
  /** Whether it is as this version of Domstart would make it. */
  readonly current: boolean;
  readonly bzImage: string;
  readonly vmlinux: string;
  /** Of a kernel that was built: its source package and its compiler. */
  readonly source?: string;
  readonly compiler?: string;
}

/** `domstart kernel list`. */
export async function list({ json }: { readonly json?: true }): Promise<number> {
  try {
    const kernels = await listed(cacheFolder());
    for (const kernel of kernels) print(json ? JSON.stringify(kernel) : describe(kernel));
    const has = (name: Listed['name']) => kernels.some((it) => it.name === name);
    if (!has('auto')) say('auto: not here yet: domstart setup');
    if (!has('optimised')) say('optimised: not built: domstart kernel build');
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  }
}

async function listed(cache: string): Promise<Listed[]> {
  const { kernel: stock } = await findTools(cache, new AbortController().signal);
  const built = await listOptimisedKernels(cache);
  return [
    ...(stock === undefined
      ? []
      : [
          {
            ...{ name: 'auto' as const, version: stock.version, used: true, current: true },
            ...{ bzImage: stock.bzImage, vmlinux: stock.vmlinux },
          },
        ]),
    ...built.map(({ version, used, current, bzImage, vmlinux, source, compiler }) => ({
      ...{ name: 'optimised' as const, version, used, current, bzImage, vmlinux, source, compiler },
    })),
  ];
}

function describe({ name, version, used, current, source }: Listed): string {
  const notes = [
    source,
    used ? undefined : 'not used',
    current ? undefined : 'of another version of Domstart: domstart kernel build',
  ];
  return [name.padEnd(9), version, ...notes.filter((it) => it !== undefined)].join('  ');
}

/** `domstart kernel show`: the fragment, which says why each option is there. */
export async function show(): Promise<number> {
  try {
    process.stdout.write(await readFragment());
    return EXIT.ok;
  } catch (error) {
    return fail(error);
  }
}
