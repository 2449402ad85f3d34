import type { Command } from 'commander';

/** `domstart guest …`: what its help says, and what is called. */
export function describeGuest(guest: Command, done: (status: number) => void): void {
  guest
    .summary('write the job inside into a guest that has Upstart, and take it out')
    .description(
      'Works on the files of a guest that does not run: a folder, or the image of an ext2, ext3 or ' +
        'ext4 file system. Nothing is mounted.',
    )
    .addHelpText('after', GUEST_HELP);

  guest
    .command('install')
    .summary("make a guest run a job's guest, and nothing else")
    .description(
      'Writes what stands between `guest` and `end guest` into the folder of jobs of the guest ' +
        '(/etc/event.d or /etc/init, as `guest init` says), and turns every other job there off. The ' +
        'originals are kept beside. Again: nothing, or what an interrupted one has not done.',
    )
    .argument('<root>', 'the root folder of the guest, or its image')
    .argument('<job>', 'the job file of a domain; - is standard input')
    .option('-n, --dry-run', 'change nothing, only tell')
    .option('--force', 'put aside what was changed by hand since an earlier install')
    .option('--json', 'one JSON object')
    .addHelpText('after', INSTALL_HELP)
    .action(async (root: string, job: string, options) => {
      const { installInto } = await import('./guest.ts');
      done(await installInto(root, job, options));
    });

  guest
    .command('restore')
    .summary('give a guest back what it had before the install')
    .description(
      'Undoes `guest install`, also one that was interrupted: the originals come back with their ' +
        'contents, modes, owners and times, and what was written goes.',
    )
    .argument('<root>', 'the root folder of the guest, or its image')
    .option('-n, --dry-run', 'change nothing, only tell')
    .option('--force', 'put aside what was changed by hand; do without originals that are gone')
    .option('--json', 'one JSON object')
    .addHelpText('after', RESTORE_HELP)
    .action(async (root: string, options) => {
      const { restore } = await import('./guest.ts');
      done(await restore(root, options));
    });

  guest
    .command('show')
    .summary("print the files that a job's guest becomes")
    .description(
      'Prints the file of the job in /etc/event.d or /etc/init; of `guest init direct` the init that ' +
        'the job is compiled into, with TOKEN where each run has its own.',
    )
    .argument('<job>', 'the job file of a domain; - is standard input')
    .option('--json', 'one JSON object')
    .addHelpText('after', SHOW_HELP)
    .action(async (job: string, options) => {
      const { show } = await import('./guest.ts');
      done(await show(job, options));
    });
}

const GUEST_HELP = `
Examples:
  domstart guest show job.conf                what would be written
  domstart guest install ./rootfs job.conf
  domstart guest install --dry-run disk.img job.conf
  domstart guest restore ./rootfs`;

const STATUS = `
Exit status: 0 done (or nothing to do), 1 somebody has changed by hand what was installed, 65 the job
has errors or no guest for an Upstart, 66 a file, folder or the folder of jobs is missing, 69 not an
image that can be changed, or the host has no e2fsprogs, 74 no space, no permission, or the file
system in the image is not clean.`;

const STEPS = `
With --json: {root, kind, job, init, dryRun, operations: [{kind, purpose, path, …}], off, notes}. kind
of an operation is write (mode, content), rename (to) or remove; off are the files of the jobs that
are off.`;

const INSTALL_HELP = `${STATUS}
${STEPS}

Examples:
  domstart guest install ./rootfs job.conf
  domstart guest install --dry-run disk.img job.conf`;

const RESTORE_HELP = `${STATUS}
${STEPS}

Examples:
  domstart guest restore ./rootfs
  domstart guest restore --force disk.img`;

const SHOW_HELP = `
Exit status: 0 printed, 65 the job has errors or no guest, 66 it is missing.

With --json: {init, job, files: [{path, mode, content}], notes}; mode is octal, as text.

Examples:
  domstart guest show jobs/rc-noklus.conf
  domstart guest show --json job.conf | jq -r '.files[].path'`;
