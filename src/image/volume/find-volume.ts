import { DomstartError } from '../../model/errors.ts';
import { diskSize } from '../disk/disk-size.ts';
import { runLvm } from './lvm.ts';

/** A logical volume, as LVM has it at the moment. */
export interface Volume {
  /** `VG/LV`. */
  readonly name: string;
  readonly group: string;
  /** Of the device. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Of lvs(8), `lv_attr`: ten letters. */
  readonly attributes: string;
  readonly tags: readonly string[];
  /** Of its group, in bytes. */
  readonly free: number;
  readonly extent: number;
}

const FIELDS = [
  ...['vg_name', 'lv_name', 'lv_path', 'lv_size', 'lv_attr', 'lv_tags', 'vg_free'],
  'vg_extent_size',
] as const;

const REPORT = ['--reportformat', 'json', '--units', 'b', '--nosuffix'];

const NAME = /^[A-Za-z0-9_+][A-Za-z0-9_+.-]*\/[A-Za-z0-9_+][A-Za-z0-9_+.-]*$/;

/** Whether it may be the name of a volume and its group: `vg0/guest`. */
export function isVolumeName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The volume of that name, with a device that can be read. Throws `file-missing` where there is none,
 * `not-supported` where it is no volume for data, `host-io` where it is not active; and what `runLvm`
 * throws.
 */
export async function findVolume(
  name: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Volume> {
  return ready(await readVolume(name, options));
}

/** The volume of that name, and all of any group that have a tag. */
export async function findWithTagged(
  name: string,
  { tag, signal }: { readonly tag: string; readonly signal: AbortSignal },
): Promise<{ readonly volume: Volume; readonly tagged: readonly Volume[] }> {
  const { stdout } = await list([name, `@${tag}`], { signal });
  const found = parseVolumes(stdout);
  const volume = found.find((it) => it.name === name);
  const tagged = found.filter(({ tags }) => tags.includes(tag));
  // Asked for it alone, lvs says better what is wrong.
  return { volume: await (volume === undefined ? findVolume(name) : ready(volume)), tagged };
}

async function ready(volume: Volume): Promise<Volume> {
  const { name } = volume;
  const [type = '', , , , state] = volume.attributes;
  if (/[tTdDeilvp]/.test(type) || volume.path === '') {
    throw new DomstartError('not-supported', `${name} is a part of LVM's own, not for data`, {
      hint: '`lvs` shows the volumes that there are',
    });
  }
  if (state !== 'a') {
    const message = `the volume ${name} is not active`;
    throw new DomstartError('host-io', message, { hint: `\`lvchange --activate y ${name}\`` });
  }
  // Of a snapshot `lv_size` is how much of it may differ.
  return { ...volume, size: await diskSize(volume.path) };
}

/** The same, in whatever state it is. */
export async function readVolume(
  name: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Volume> {
  const { ok, stdout, complaint } = await list([name], options);
  const [volume] = ok ? parseVolumes(stdout) : [];
  if (volume === undefined) throw notFound(name, complaint);
  return volume;
}

function list(what: readonly string[], options: { readonly signal?: AbortSignal }) {
  return runLvm('lvs', [...REPORT, '--options', FIELDS.join(','), ...what], options);
}

/** What `lvs` says with these options; LVM 2.02.158 and newer. */
export function parseVolumes(report: string): Volume[] {
  type Row = Readonly<Record<(typeof FIELDS)[number], string>>;
  let rows: readonly Row[];
  try {
    rows = JSON.parse(report).report[0].lv;
  } catch (cause) {
    throw new DomstartError(
      'host-incapable',
      'lvs of this host says what nobody here understands',
      {
        hint: 'LVM 2.02.158 or newer is needed',
        cause,
      },
    );
  }
  return rows.map((row) => ({
    name: `${row.vg_name}/${row.lv_name}`,
    group: row.vg_name,
    path: row.lv_path,
    size: Number(row.lv_size),
    attributes: row.lv_attr,
    tags: row.lv_tags.split(',').filter(Boolean),
    free: Number(row.vg_free),
    extent: Number(row.vg_extent_size),
  }));
}

function notFound(name: string, complaint: string): DomstartError {
  const [group = ''] = name.split('/');
  if (/Volume group "[^"]*" not found/.test(complaint)) {
    return new DomstartError('file-missing', `there is no volume group ${group} on this host`, {
      hint: `\`vgs\` shows those that there are; \`vgcreate ${group} DEVICE\` makes one`,
    });
  }
  if (complaint === '' || /Failed to find logical volume/.test(complaint)) {
    return new DomstartError('file-missing', `there is no volume ${name}`, {
      hint: `\`lvs\` shows those that there are; \`lvcreate --size SIZE --name ${name.slice(group.length + 1)} ${group}\` makes it`,
    });
  }
  return new DomstartError('host-io', `cannot look at the volume ${name}: ${complaint}`);
}
