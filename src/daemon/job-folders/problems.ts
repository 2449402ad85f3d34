import { type DomstartError, messageOf } from '../../model/errors.ts';
import type { JobChange } from './change.ts';

/** What is wrong with files and folders, told once and not at every look. */
export interface Problems {
  found(path: string, error: DomstartError): void;
  solved(path: string): void;
  /** Whatever is still wrong is told again. */
  clear(): void;
}

export function createProblems(tell: (change: JobChange) => void): Problems {
  const told = new Map<string, string>();
  return {
    found(path, error) {
      const message = messageOf(error);
      if (told.get(path) === message) return;
      told.set(path, message);
      tell({ kind: 'problem', path, error });
    },
    solved(path) {
      told.delete(path);
    },
    clear() {
      told.clear();
    },
  };
}
