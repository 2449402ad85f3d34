import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DomstartError } from '../model/errors.ts';

/** What systemd gives to its services, who have no PATH of a shell's. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const UNIT = 'systemd/domstartd.service';

/** The unit that the package ships, with the places of this installation. */
export function unitOfInstallation(): string {
  const home = ['..', '../..']
    .map((up) => join(import.meta.dirname, up))
    .find((folder) => existsSync(join(folder, UNIT)));
  if (home === undefined) {
    throw new DomstartError('internal', `${UNIT} is not in this installation of Domstart`);
  }
  const whole = realpathSync(home);
  const bin = join(whole, 'bin');
  return placeUnit(readFileSync(join(whole, UNIT), 'utf8'), {
    bin,
    path: [...folderOfNode(whole), bin, PATH].join(':'),
  });
}

/** `path`: by it jobs find `initctl`, and bin/domstart its Node. */
export function placeUnit(
  unit: string,
  { bin, path }: { readonly bin: string; readonly path: string },
): string {
  const lines = [
    `Environment=${quoted(`PATH=${path}`)}`,
    `ExecStart=${quoted(`${bin}/domstartd`)}`,
  ];
  return unit.replace('ExecStart=domstartd', () => lines.join('\n'));
}

/** A word as systemd reads it: a percent sign begins a specifier. */
function quoted(word: string): string {
  const text = word.replaceAll('%', '%%');
  return /[^\w@%+=:,./-]/.test(text) ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : text;
}

/** None where bin/domstart finds this very Node without it. */
function folderOfNode(home: string): string[] {
  const places = [
    join(home, 'node_modules/node/bin/node'),
    join(home, '../node/bin/node'),
    ...PATH.split(':')
      .map((folder) => join(folder, 'node'))
      .filter(existsSync)
      .slice(0, 1),
  ];
  const ours = realpathSync(process.execPath);
  const isFound = places.some((file) => existsSync(file) && realpathSync(file) === ours);
  return isFound ? [] : [dirname(process.execPath)];
}
