import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../../../src/domain/simulator/simulator.ts';
import { writeCpio } from '../../../src/image/cpio.ts';
import type { ImageEntry } from '../../../src/model/guest-files.ts';
import type { BuiltImage } from '../../../src/ports/images.ts';
import { guestTools } from './guest-tools.ts';

/** Linux, with busybox as its init, that plays steps. */
export async function writeScriptGuest(
  folder: string,
  steps: readonly Step[],
): Promise<BuiltImage> {
  const { kernel, busybox } = await guestTools();
  const initrd = join(folder, 'initrd');
  const entries: ImageEntry[] = [
    ...['/bin', '/sbin', '/proc', '/dev', '/text'].map(
      (path): ImageEntry => ({ kind: 'folder', path, mode: 0o755 }),
    ),
    { kind: 'device', path: '/dev/console', mode: 0o600, major: 5, minor: 1 },
    file('/bin/busybox', await readFile(busybox.path)),
    // At `xl shutdown` the kernel runs this.
    file('/sbin/poweroff', '#!/bin/busybox sh\necho >/go\n'),
    file('/init', initOf(steps)),
    ...steps.flatMap((step, index) => textOf(step, index)),
  ];
  await writeFile(initrd, writeCpio(entries));
  const { vmlinux, bzImage } = kernel;
  return {
    kernel: vmlinux,
    conservativeKernel: bzImage,
    initrd,
    cached: true,
    description: 'steps',
  };
}

/** Of what such a guest printed, what its steps did. */
export function withoutKernelLines(printed: string): string {
  return printed.replaceAll(/^\[ *\d+\.\d+\].*\r?\n/gm, '');
}

function file(path: string, content: string | Uint8Array): ImageEntry {
  return { kind: 'file', path, mode: 0o755, content };
}

function initOf(steps: readonly Step[]): string {
  return `#!/bin/busybox sh
export PATH=/bin
busybox mount -t proc proc /proc
echo 0 >/proc/sys/kernel/printk
busybox stty raw </dev/console
busybox mkfifo /go
${steps.map(play).join('')}while :; do busybox sleep 1000; done
`;
}

function play(step: Step, index: number): string {
  switch (step.do) {
    case 'print':
      return `busybox cat /text/${index}\n`;
    case 'print-for-ever':
      return `while :; do busybox cat /text/${index}; done\n`;
    case 'panic':
      return 'echo c >/proc/sysrq-trigger\n';
    case 'poweroff':
    case 'reboot':
      // What was written to the console is out before.
      return `busybox stty raw </dev/console\nbusybox ${step.do} -f\n`;
    case 'await-shutdown':
      return 'read -r asked </go\n';
    case 'hang':
      return 'while :; do busybox sleep 1000; done\n';
    case 'work':
      throw new Error('this guest cannot be made to work for a while');
  }
}

function textOf(step: Step, index: number): ImageEntry[] {
  const path = `/text/${index}`;
  if (step.do === 'print') return [file(path, step.text)];
  // A process for each would take most of the time.
  return step.do === 'print-for-ever' ? [file(path, step.text.repeat(1000))] : [];
}
