/**
 * A fragment of a kernel configuration, in the form of .config: `CONFIG_X=value`, or
 * `# CONFIG_X is not set`; other lines are comments.
 */
export interface ConfigLine {
  readonly option: string;
  /** As it is written: `y`, `14`, `"text"`; undefined where it is to be off. */
  readonly value: string | undefined;
  /** Counts from 1. */
  readonly line: number;
}

const SET = /^(CONFIG_\w+)=(.*)$/;
const OFF = /^# (CONFIG_\w+) is not set$/;

export function parseConfig(text: string): ConfigLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const set = SET.exec(raw.trimEnd());
    const option = set?.[1] ?? OFF.exec(raw.trimEnd())?.[1];
    return option === undefined ? [] : [{ option, value: set?.[2], line: index + 1 }];
  });
}

/**
 * What the fragment asks for and the configuration does not have, each in one phrase. Kconfig drops
 * without a word what a kernel does not know, or what stands on something that is off.
 */
export function unmetLines(fragment: string, config: string): string[] {
  const actual = new Map(parseConfig(config).map(({ option, value }) => [option, value]));
  return parseConfig(fragment)
    .filter(({ option, value }) => actual.get(option) !== value)
    .map(({ option, value, line }) => {
      const found = actual.get(option) ?? 'off';
      return `line ${line}: ${option}: wanted ${value ?? 'off'}, is ${found}`;
    });
}
