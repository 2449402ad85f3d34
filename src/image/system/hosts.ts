import type { ImageHost } from '../../model/domain.ts';

const LOCAL = '127.0.0.1 localhost';
const IPV6 = [
  '::1 localhost ip6-localhost ip6-loopback',
  'ff02::1 ip6-allnodes',
  'ff02::2 ip6-allrouters',
];

/** Debian's address for the name of the host itself: it works without any network. */
const OWN = '127.0.1.1';

/**
 * /etc/hosts. Lines that are there stay, but for that of 127.0.1.1, and for the names that the job
 * has an address for: the first line with a name is the one that counts.
 */
export function hostsText({
  existing = '',
  hostname,
  hosts,
}: {
  readonly existing?: string | undefined;
  /** Of the guest, as /etc/hostname has it. */
  readonly hostname: string;
  readonly hosts: readonly ImageHost[];
}): string {
  const asked = new Set(hosts.flatMap(({ names }) => names.map(lower)));
  const kept = existing
    .split('\n')
    .filter((line) => addressOf(line) !== OWN)
    .flatMap((line) => withoutNames(line, asked));
  while (kept.at(-1) === '') kept.pop();
  const begin = kept.some((line) => addressOf(line) !== undefined) ? local(kept) : [LOCAL, ...IPV6];
  const isNamed = asked.has(lower(hostname)) || kept.some((line) => names(line, hostname));
  const lines = [
    ...begin,
    ...kept,
    ...(isNamed ? [] : [`${OWN} ${namesOf(hostname).join(' ')}`]),
    ...hosts.map(({ address, names }) => [address, ...names].join(' ')),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function local(lines: readonly string[]): string[] {
  return lines.some((line) => names(line, 'localhost')) ? [] : [LOCAL];
}

/** With its domain and without. */
function namesOf(hostname: string): string[] {
  const [short = hostname] = hostname.split('.');
  return [...new Set([hostname, short])];
}

function wordsOf(line: string): string[] {
  return line.replace(/#.*/, '').split(/\s+/).filter(Boolean);
}

function addressOf(line: string): string | undefined {
  return wordsOf(line)[0];
}

function names(line: string, name: string): boolean {
  return wordsOf(line).slice(1).map(lower).includes(lower(name));
}

function withoutNames(line: string, asked: ReadonlySet<string>): string[] {
  const [address, ...words] = wordsOf(line);
  const left = words.filter((word) => !asked.has(lower(word)));
  if (address === undefined || left.length === words.length) return [line];
  return left.length === 0 ? [] : [[address, ...left].join(' ')];
}

function lower(name: string): string {
  return name.toLowerCase();
}
