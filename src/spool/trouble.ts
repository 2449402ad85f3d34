import { DomstartError, messageOf } from '../model/errors.ts';

/** What people should do something about: each is told once, until it goes well again. */
export interface Trouble {
  /** The latest. */
  readonly now: DomstartError | undefined;
  tell(error: unknown): void;
  over(): void;
}

export function createTrouble(options: {
  readonly folder: string;
  readonly onProblem: (error: DomstartError) => void;
}): Trouble {
  const told = new Set<string>();
  let now: DomstartError | undefined;
  return {
    get now() {
      return now;
    },
    tell(error) {
      const problem = error instanceof DomstartError ? error : hostError(options.folder, error);
      now = problem;
      const key = keyOf(problem);
      if (told.has(key)) return;
      told.add(key);
      options.onProblem(problem);
    },
    over() {
      now = undefined;
      told.clear();
    },
  };
}

/** The system's messages hold paths that are new at each try. */
function keyOf({ message, cause }: DomstartError): string {
  const { code, syscall } = Object(cause) as NodeJS.ErrnoException;
  return syscall === undefined ? message : `${code} ${syscall}`;
}

function hostError(folder: string, cause: unknown): DomstartError {
  return new DomstartError('host-io', `spool ${folder}: ${messageOf(cause)}`, {
    hint: 'it is tried again every second',
    cause,
  });
}
