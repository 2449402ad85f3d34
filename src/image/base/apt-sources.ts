/** One archive that packages come from: a `deb` line of apt. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** By their names in the one-line format: `signed-by`, `trusted`, `arch`, … */
  readonly options: Readonly<Record<string, string>>;
  /** The text of a key that stands in the sources themselves. */
  readonly key?: string;
}

/** `sources.list`: a line for each archive. Sources of source packages are left out. */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    return [{ uri, suite, components: words(components), options: parseOptions(options) }];
  });
}

function parseOptions(text: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(text.matchAll(/([\w-]+)\s*[+-]?=\s*(\S+)/g), ([, name, value]) => [
      (name as string).toLowerCase(),
      value as string,
    ]),
  );
}

/** Names of deb822 that the one-line format calls otherwise. */
const OPTION_NAMES: Readonly<Record<string, string>> = {
  architectures: 'arch',
  languages: 'lang',
  targets: 'target',
};

const NO_OPTIONS = new Set(['types', 'uris', 'suites', 'components', 'enabled', 'signed-by']);

/** `NAME.sources`, in the format of deb822: paragraphs of fields. */
export function parseDeb822(text: string): AptSource[] {
  return text
    .replace(/^#.*\n?/gm, '')
    .split(/\n[ \t]*\n/)
    .flatMap((paragraph) => sourcesOf(fieldsOf(paragraph)));
}

function fieldsOf(paragraph: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of paragraph.split('\n')) {
    const match = /^([\w-]+):\s*(.*)$/.exec(line);
    if (match !== null) {
      name = (match[1] as string).toLowerCase();
      fields.set(name, match[2] as string);
    } else if (/^\s/.test(line)) {
      fields.set(name, `${fields.get(name) ?? ''}\n${line.trim()}`);
    }
  }
  return fields;
}

function sourcesOf(fields: ReadonlyMap<string, string>): AptSource[] {
  const list = (name: string) => words(fields.get(name) ?? '');
  const isOff = /^(no|false|off|0|without|disable)$/i.test(fields.get('enabled')?.trim() ?? '');
  if (isOff || !list('types').includes('deb')) return [];
  const signed = (fields.get('signed-by') ?? '').trim();
  const isKey = signed.startsWith('-----BEGIN');
  const options = Object.fromEntries([
    ...Array.from(fields)
      .filter(([name]) => !NO_OPTIONS.has(name))
      .map(([name, value]) => [OPTION_NAMES[name] ?? name, words(value).join(',')]),
    ...(signed === '' || isKey ? [] : [['signed-by', words(signed).join(',')]]),
  ]);
  // An empty line of the key is a dot.
  const key = isKey ? { key: `${signed.replace(/^\.$/gm, '')}\n` } : {};
  return list('uris').flatMap((uri) =>
    list('suites').map((suite) => ({
      uri,
      suite,
      components: list('components'),
      options,
      ...key,
    })),
  );
}

/** The line of `sources.list`. */
export function printSource({ uri, suite, components, options }: AptSource): string {
  const settings = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  const brackets = settings.length === 0 ? [] : [`[${settings.join(' ')}]`];
  return ['deb', ...brackets, uri, suite, ...components].join(' ');
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
