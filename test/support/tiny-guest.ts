import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Step } from '../../src/domain/simulator/simulator.ts';
import type { BuiltImage } from '../../src/ports/images.ts';

/**
 * Guests of a few hundred bytes that play steps on real hardware: 32-bit machine code that QEMU
 * loads as a multiboot kernel (Multiboot 0.6.96, 3.1: addresses in the header), with the serial
 * line at 0x3f8 and QEMU's power management ports at 0x600, where the firmware puts them on both
 * machine types. `work` takes at least as long as a very fast host would need.
 */
export async function writeTinyGuest(folder: string, steps: readonly Step[]): Promise<BuiltImage> {
  const kernel = join(folder, 'tiny-guest');
  await writeFile(kernel, tinyGuest(steps));
  return {
    kernel,
    conservativeKernel: kernel,
    initrd: kernel,
    cached: false,
    description: 'tiny guest',
  };
}

const LOAD_ADDRESS = 0x100000;
const HEADER_SIZE = 32;
const MAGIC = 0x1badb002;
const ADDRESSES_VALID = 0x10000;

function tinyGuest(steps: readonly Step[]): Uint8Array {
  const code: number[] = [];
  for (const step of [...steps, { do: 'hang' } as const]) {
    code.push(...compile(step, LOAD_ADDRESS + HEADER_SIZE + code.length));
  }
  const header = [
    MAGIC,
    ADDRESSES_VALID,
    -(MAGIC + ADDRESSES_VALID),
    LOAD_ADDRESS,
    LOAD_ADDRESS,
    0, // loaded to the end of the file
    0, // nothing to clear
    LOAD_ADDRESS + HEADER_SIZE,
  ];
  return Uint8Array.from([...header.flatMap(word), ...code]);
}

function compile(step: Step, address: number): number[] {
  switch (step.do) {
    case 'print':
      return print(step.text, address);
    case 'print-for-ever': {
      const code = print(step.text, address);
      return [...code, 0xe9, ...word(-(code.length + 5))]; // jmp to its begin
    }
    case 'panic':
      return [
        ...print('Kernel panic - not syncing: tiny guest\r\n', address),
        ...compile({ do: 'reboot' }, 0),
      ];
    case 'reboot':
      return [...portNumber(0xcf9), 0xb0, 0x06, 0xee]; // mov al, 6; out dx, al
    case 'poweroff':
      return [...portNumber(0x604), 0x66, 0xb8, 0x00, 0x20, 0x66, 0xef]; // mov ax, SLP_EN; out dx, ax
    case 'await-shutdown':
      return [
        ...[...portNumber(0x602), 0x66, 0xb8, 0x00, 0x01, 0x66, 0xef], // PWRBTN_EN
        ...portNumber(0x600),
        ...[0x66, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9], // in ax, dx; test ah, PWRBTN_STS; jz back
      ];
    case 'work':
      return [
        ...[0xbb, ...word(step.seconds * 10)], // mov ebx, tenths
        ...[0xb9, ...word(1e8), 0xe2, 0xfe], // mov ecx, n; loop to itself
        ...[0x4b, 0x75, 0xf6], // dec ebx; jnz back
      ];
    case 'hang':
      return [0xfa, 0xf4, 0xeb, 0xfd]; // cli; hlt; jmp back
  }
}

/** The text lies behind the code that prints it; each byte waits until the line takes it. */
function print(text: string, address: number): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  const loop = [
    ...portNumber(0x3fd),
    ...[0xec, 0xa8, 0x20, 0x74, 0xfb], // in al, dx; test al, THRE; jz back
    ...portNumber(0x3f8),
    ...[0xac, 0xee, 0xe2, 0xed], // lodsb; out dx, al; loop to the begin
  ];
  const over = [0xe9, ...word(bytes.length)]; // jmp over the text
  const before = 10 + loop.length + over.length;
  return [
    ...[0xbe, ...word(address + before)], // mov esi, text
    ...[0xb9, ...word(bytes.length)], // mov ecx, length
    ...loop,
    ...over,
    ...bytes,
  ];
}

/** mov edx, port */
function portNumber(port: number): number[] {
  return [0xba, ...word(port)];
}

/** 32 bits, little-endian. */
function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}
