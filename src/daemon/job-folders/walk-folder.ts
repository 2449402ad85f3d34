import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isFolderOfJobs, isJob, isOldJob, isOverride } from '../../language/job-file-names.ts';
import { statIfThere } from './read-file.ts';

export interface WalkedFile {
  /** Below the folder. */
  readonly file: string;
  /** A symbolic link, to whatever it may be. */
  readonly link: boolean;
}

export interface Walk {
  /** In the order in which Upstart reads them. */
  readonly files: readonly WalkedFile[];
  /** Folders by their names below the folder; '' is the folder itself. */
  readonly listed: readonly string[];
  readonly unlisted: readonly { readonly folder: string; readonly error: unknown }[];
}

/**
 * The names that count in a folder of jobs and its sub-folders. The entries of each folder come in
 * order of their bytes, what is in a sub-folder in its place (UPSTART.md, section 2).
 */
export function walkFolder(path: string, { eventd }: { readonly eventd: boolean }): Walk {
  const files: WalkedFile[] = [];
  const listed: string[] = [];
  const unlisted: { folder: string; error: unknown }[] = [];
  const isWanted = eventd ? isOldJob : (name: string) => isJob(name) || isOverride(name);
  const visit = (folder: string) => {
    const below = folder === '' ? '' : `${folder}/`;
    let entries: Dirent[];
    try {
      entries = readdirSync(join(path, folder), { withFileTypes: true }).sort(byBytes);
      listed.push(folder);
    } catch (error) {
      unlisted.push({ folder, error });
      return;
    }
    for (const entry of entries) {
      const { name } = entry;
      if (entry.isDirectory()) {
        if (isFolderOfJobs(name)) visit(below + name);
      } else if (isWanted(name) && (entry.isFile() || isLink(entry, join(path, below + name)))) {
        files.push({ file: below + name, link: entry.isSymbolicLink() });
      }
    }
  };
  visit('');
  return { files, listed, unlisted };
}

/**
 * A link to a folder is not followed. Emacs puts a link that leads nowhere beside a file that is being
 * edited: `.#NAME`.
 */
function isLink(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink() || entry.name.startsWith('.#')) return false;
  return statIfThere(path)?.isDirectory() !== true;
}

const SURROGATE = /[\ud800-\udfff]/;

/** UTF-16 has the order of UTF-8, except where surrogates are. */
function byBytes({ name: a }: Dirent, { name: b }: Dirent): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
