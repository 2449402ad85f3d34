/**
 * Tars block by block, written from the description of the format and not with the writer under
 * test: they may say what no writer would.
 */
export interface RawHeader {
  readonly name?: string | Buffer;
  readonly type?: string;
  readonly content?: string | Buffer;
  /** What the size field says, where that is not how long the content is. */
  readonly size?: string | Buffer;
  readonly target?: string;
  readonly mode?: string;
  readonly uid?: string | Buffer;
  readonly mtime?: string | Buffer;
  readonly prefix?: string;
  readonly magic?: string;
  readonly major?: string;
  readonly minor?: string;
  readonly checksum?: string;
}

const latin1 = (text: string | Buffer) =>
  typeof text === 'string' ? Buffer.from(text, 'latin1') : text;

export function raw(header: RawHeader): Buffer {
  const content = latin1(header.content ?? '');
  const block = Buffer.alloc(512);
  const put = (at: number, value: string | Buffer) => latin1(value).copy(block, at);
  put(0, header.name ?? '');
  put(100, header.mode ?? '0000644\0');
  put(108, header.uid ?? '0000000\0');
  put(116, '0000000\0');
  put(124, header.size ?? `${content.length.toString(8).padStart(11, '0')}\0`);
  put(136, header.mtime ?? '00000000000\0');
  put(148, '        ');
  put(156, header.type ?? '0');
  put(157, header.target ?? '');
  put(257, header.magic ?? 'ustar\x0000');
  put(329, header.major ?? '');
  put(337, header.minor ?? '');
  put(345, header.prefix ?? '');
  const sum = block.reduce((before, byte) => before + byte, 0);
  put(148, header.checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([block, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export const END = Buffer.alloc(1024);

export function tar(...headers: readonly (RawHeader | Buffer)[]): Buffer {
  return Buffer.concat([...headers.map((one) => (Buffer.isBuffer(one) ? one : raw(one))), END]);
}

/** An extended header with these records. */
export function pax(records: Readonly<Record<string, string | Buffer>>, type = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([latin1(` ${key}=`), latin1(value), latin1('\n')]);
    let length = rest.length;
    while (String(length).length + rest.length !== length) length += 1;
    return Buffer.concat([latin1(String(length)), rest]);
  });
  return raw({ name: 'PaxHeader', type, content: Buffer.concat(lines) });
}

export async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
