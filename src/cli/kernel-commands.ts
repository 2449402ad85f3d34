import { type Command, InvalidArgumentError } from 'commander';

/** `domstart kernel …`: what its help says, and what is called. */
export function describeKernel(kernel: Command, done: (status: number) => void): void {
  kernel
    .summary('build a kernel that boots faster and takes less memory')
    .description(
      'A guest boots the kernel of the distribution unless its job says `domain kernel optimised`: ' +
        "Debian's own source with what a throwaway guest needs and nothing else, all of it built in.",
    )
    .addHelpText('after', KERNEL_HELP);

  kernel
    .command('build')
    .summary('build it, once; it takes some minutes')
    .description(
      "Gets Debian's linux-source, builds it with the configuration of `domstart kernel show` and " +
        'keeps the kernel in the cache. Nothing is installed. Where the same source, configuration ' +
        'and compiler have built one before, that is it.',
    )
    .option('-j, --jobs <n>', 'compilers at once, instead of one for each processor', positive)
    .option('--force', 'build it again, and replace the one that is there')
    .option('--json', 'one JSON object')
    .addHelpText('after', BUILD_HELP)
    .action(async (options) => {
      const { build } = await import('./kernel.ts');
      done(await build(options));
    });

  kernel
    .command('list')
    .summary('print the kernels that are here, and which is used')
    .description('Prints the kernel of the distribution and those that were built.')
    .option('--json', 'one JSON object a line')
    .addHelpText('after', LIST_HELP)
    .action(async (options) => {
      const { list } = await import('./kernel.ts');
      done(await list(options));
    });

  kernel
    .command('show')
    .summary('print its configuration, with the reasons')
    .description('Prints the fragment: what is not named in it is off.')
    .action(async () => {
      const { show } = await import('./kernel.ts');
      done(await show());
    });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number from 1 on.');
}

const KERNEL_HELP = `
Examples:
  domstart kernel build                       once; then in a job: domain kernel optimised
  domstart kernel list
  domstart kernel show | grep XEN`;

const BUILD_HELP = `
It needs gcc, make, binutils, xz-utils and about 1.5 GB of space while it builds; flex, bison, bc and
libelf are unpacked beside the source where the host lacks them.

Exit status: 0 it is there, 69 the host lacks something, 74 no space, 129, 130, 143 interrupted: then
nothing is left.

With --json: {version, source, compiler, fragment, folder, bzImage, vmlinux, cached}.

Examples:
  domstart kernel build
  nice domstart kernel build -j 1             beside other work`;

const LIST_HELP = `
With --json: {name, version, used, current, bzImage, vmlinux}, of one that was built also source and
compiler. name is what \`domain kernel\` calls it; used tells which one that is.

Examples:
  domstart kernel list
  domstart kernel list --json | jq -r 'select(.name == "optimised" and .used).bzImage'`;
