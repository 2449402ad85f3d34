import { open } from 'node:fs/promises';
import { DomstartError } from '../model/errors.ts';

/** Multiboot's header lies in the first 8192 bytes (Multiboot 0.6.96, 3.1). */
const LOOKED_AT = 8192;
const MULTIBOOT_MAGIC = 0x1badb002;

/** Throws `file-missing` where the file is nothing that QEMU's `-kernel` boots. */
export async function refuseNoKernel(path: string, stanza: string): Promise<void> {
  await using file = await open(path, 'r');
  const found = await file.stat();
  const begin = Buffer.alloc(LOOKED_AT);
  if (found.isFile()) await file.read(begin, 0, LOOKED_AT, 0);
  if (isKernel(begin)) return;
  throw new DomstartError('file-missing', `${path}, the file of \`${stanza}\`, is no kernel`, {
    hint: 'name a bzImage (/boot/vmlinuz-…) or an uncompressed vmlinux',
  });
}

/** A bzImage (Documentation/arch/x86/boot.rst), an ELF file, or a multiboot kernel. */
function isKernel(begin: Buffer): boolean {
  if (begin.toString('latin1', 0x202, 0x206) === 'HdrS') return true;
  if (begin.toString('latin1', 0, 4) === '\x7fELF') return true;
  for (let at = 0; at < begin.length; at += 4) {
    if (begin.readUInt32LE(at) === MULTIBOOT_MAGIC) return true;
  }
  return false;
}
