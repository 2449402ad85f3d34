/** passwd(5), shadow(5), group(5) and gshadow(5): lines of fields, and the first one is a name. */

export type Line = readonly string[];
export type Table = readonly Line[];

/** Lines that are none stay as they are. */
export function readTable(text: string): Table {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => line.split(':'));
}

export function tableText(table: Table): string {
  return table.map((line) => `${line.join(':')}\n`).join('');
}

/** Of the lines that are one: neither empty, nor a comment, nor what NIS is asked for. */
export function namesIn(table: Table): string[] {
  return table.map(nameOf).filter((name) => name !== undefined);
}

export function nameOf([name = '', ...fields]: Line): string | undefined {
  return fields.length === 0 || name === '' || /^[+#-]/.test(name) ? undefined : name;
}

export function findLine(table: Table, name: string): Line | undefined {
  return table.find((line) => nameOf(line) === name);
}

/** What NIS is asked for stands behind all others. */
export function addLine(table: Table, line: Line): Table {
  const nis = table.findIndex(([name = '']) => name.startsWith('+'));
  return nis < 0 ? [...table, line] : [...table.slice(0, nis), line, ...table.slice(nis)];
}

/** With the changed line in the place of each of that name. */
export function changeLines(table: Table, name: string, change: (line: Line) => Line): Table {
  return table.map((line) => (nameOf(line) === name ? change(line) : line));
}

/** A line with another text in one of its fields. */
export function withField(line: Line, index: number, text: string): Line {
  return line.map((field, at) => (at === index ? text : field));
}
