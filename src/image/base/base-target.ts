export type Command = readonly [string, ...string[]];

/** Where a base is made. */
export type BaseTarget = TarTarget | BaseFolder;

interface TarTarget {
  readonly kind: 'tar';
  /** Made. */
  readonly file: string;
}

/** A folder that is empty, but for `lost+found`, and that may be mounted where only `enter` leads. */
export interface BaseFolder {
  readonly kind: 'folder';
  readonly folder: string;
  /** The same command, run where the folder is mounted. */
  readonly enter: (command: Command) => Command;
}

/** The command, run where the base is made. */
export function entering(target: BaseTarget, command: Command): Command {
  return target.kind === 'folder' ? target.enter(command) : command;
}
