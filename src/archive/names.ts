import { TarFault } from './tar-fault.ts';

/** The bytes of a name of an archive; it has one character for each. */
export function bytesOf(name: string): Buffer {
  return Buffer.from(name, 'latin1');
}

/** A name of this host, which Node has as text, as an archive has it. */
export function nameOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** A name of an archive for people: as UTF-8, with U+FFFD for what is none. */
export function textOf(name: string): string {
  return bytesOf(name).toString('utf8');
}

const SHOWN = 200;

/**
 * A name in a message. Whoever made the archive chose it, so it is quoted, cut, and whatever a
 * terminal could obey or that turns the direction of text is escaped.
 */
export function quoted(name: string): string {
  const text = textOf(name);
  const cut = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
  return JSON.stringify(cut).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/**
 * A name as an archive has it in the form of `TarEntry.path`. A name that leads out of the archive
 * is a fault: GNU tar would take the slash away, others would not, and nobody means it.
 */
export function normalPath(name: string, what: string): string {
  if (name === '') throw new TarFault(`${what} is empty`);
  if (name.includes('\0')) throw new TarFault(`${what} has a zero byte in it`);
  if (name.startsWith('/')) throw new TarFault(`${what} ${quoted(name)} is absolute`, RELATIVE);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new TarFault(`${what} ${quoted(name)} has a .. in it`, RELATIVE);
  return parts.join('/');
}

const RELATIVE = 'make the archive of what is in a folder: tar -C FOLDER -cf FILE .';
