/** A domain as xl.cfg. */
import type { DomainSpec, XenValue } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import { printXenValue } from './print-value.ts';

export interface XenConfigOptions {
  /** The domain's name, where it has none of its own: xl wants one. */
  readonly name?: string;
  /** Go first, a line each. */
  readonly comments?: readonly string[];
}

/**
 * The text of an xl.cfg that says what the domain's stanzas say; reading it back gives them again.
 * The domain's patterns are taken as they are: expand them before (model/expand-domain.ts). What
 * xl.cfg has no keys for is not in it; see `notInXenConfig`. Throws `not-supported` where a text
 * holds a NUL, which no C program could read.
 */
export function toXenConfig(domain: DomainSpec, options: XenConfigOptions = {}): string {
  const { name = options.name, type, kernel, ramdisk, root, extra, memory, vcpus } = domain;
  const { vifs, disks, pci, settings = [] } = domain;
  const entries: readonly (readonly [string, XenValue | undefined])[] = [
    ['name', name],
    ...Object.entries({ type, kernel, ramdisk, root, extra, memory, vcpus }),
    ['vif', vifs.length === 0 ? undefined : vifs],
    ['disk', disks],
    ['pci', pci],
    ...settings.map(({ key, value }) => [key, value] as const),
  ];
  const comments = (options.comments ?? []).flatMap((text) => text.split(/[\r\n]+/));
  const lines = comments.map((line) => `# ${line}`.trimEnd());
  for (const [key, value] of entries) {
    if (value === undefined) continue;
    refuseNul(key, value);
    lines.push(`${key} = ${printXenValue(value)}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function refuseNul(key: string, value: XenValue): void {
  if (typeof value === 'object') for (const item of value) refuseNul(key, item);
  if (typeof value !== 'string' || !value.includes('\0')) return;
  throw new DomstartError(
    'not-supported',
    `\`${key}\` cannot be written for xl: its value holds a NUL character`,
    { hint: 'take the NUL out of the job file' },
  );
}

/** What the job says of its domain that no key of xl.cfg says: the words of its stanzas. */
export function notInXenConfig({ image, on, ...domain }: DomainSpec): readonly string[] {
  const { console, guest, autostart, pool, timeout, keepOnFailure, forwards } = domain;
  const { inputs, outputs, outputLimit } = domain;
  const said: readonly (readonly [string, unknown])[] = [
    [`image from ${image.source.kind}`, true],
    ['guest', guest],
    ['console', [...console.ready, ...console.fail, ...console.watch].length > 0],
    ['domain autostart', autostart],
    ['domain pool', pool],
    ['domain on qemu', on === 'qemu'],
    ['timeout', timeout],
    ['domain keep-on-failure', keepOnFailure],
    ['domain forward', forwards],
    ['input', inputs],
    ['output', outputs],
    ['output limit', outputLimit],
  ];
  return said.filter(([, value]) => value !== undefined && value !== false).map(([words]) => words);
}
