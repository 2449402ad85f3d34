import { createHash } from 'node:crypto';

const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 5000;
/** Bytes of a digest. */
const SIZE = 64;

/**
 * `$6$SALT$…` of crypt(5), with its usual 5000 rounds: what every glibc from 2.7 (2007) on takes. By
 * ourselves, so that no tool of the host is needed and no other process sees the password. After
 * Ulrich Drepper's specification, "Unix crypt using SHA-256 and SHA-512", which is in the public
 * domain. `salt` is 1 to 16 characters of `./0-9A-Za-z`.
 */
export function sha512Crypt(password: Uint8Array, salt: string): string {
  const saltBytes = Buffer.from(salt, 'latin1');
  const { length } = password;
  const whole = firstDigest(password, saltBytes);
  const secret = repeated(digest(...Array<Uint8Array>(length).fill(password)), length);
  const saltCount = 16 + (whole[0] ?? 0);
  const grains = repeated(
    digest(...Array<Uint8Array>(saltCount).fill(saltBytes)),
    saltBytes.length,
  );
  let last = whole;
  for (let round = 0; round < ROUNDS; round += 1) {
    const odd = round % 2 === 1;
    last = digest(
      odd ? secret : last,
      ...(round % 3 === 0 ? [] : [grains]),
      ...(round % 7 === 0 ? [] : [secret]),
      odd ? last : secret,
    );
  }
  return `$6$${salt}$${encode(last)}`;
}

function firstDigest(password: Uint8Array, salt: Uint8Array): Buffer {
  const { length } = password;
  const other = digest(password, salt, password);
  const parts: Uint8Array[] = [password, salt, repeated(other, length)];
  for (let bits = length; bits > 0; bits >>= 1) parts.push(bits & 1 ? other : password);
  return digest(...parts);
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Three bytes are four characters; the specification's table of bytes turns by one in each row. */
function encode(bytes: Buffer): string {
  const at = (index: number) => bytes[index] ?? 0;
  let text = '';
  for (let row = 0; row < 21; row += 1) {
    const columns = [row, row + 21, row + 42];
    const [a = 0, b = 0, c = 0] = [0, 1, 2].map((place) => columns[(row + place) % 3] ?? 0);
    text += characters((at(a) << 16) | (at(b) << 8) | at(c), 4);
  }
  return text + characters(at(SIZE - 1), 2);
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, place) => ALPHABET[(value >> (6 * place)) & 63]).join(
    '',
  );
}
