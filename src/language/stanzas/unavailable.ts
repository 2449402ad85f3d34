/** Stanzas of the language that this version does not build; using one is an error of its own. */
import { OWN, type Stanza } from './stanza.ts';

function unavailable(words: string, help: string, example: string, block = false): Stanza {
  return { words, dialects: OWN, help, example, form: { kind: 'unavailable', block } };
}

export const UNAVAILABLE_STANZAS: readonly Stanza[] = [
  unavailable('image size', "The size of the guest's root file system.", 'image size 700M'),
  unavailable('image filesystem', 'Its file system: ext3 or ext4.', 'image filesystem ext4'),
  unavailable('image swap', 'A swap image of that size.', 'image swap 128M'),
  unavailable('image volume', 'An LVM volume in the place of a file.', 'image volume vg0/guest'),
  unavailable('image install', 'Packages to install.', 'image install openssh-server'),
  unavailable(
    'image script',
    'A script that is run inside the image when it is built.',
    'image script\n    passwd --lock root\nend script',
    true,
  ),
  unavailable('image hosts', "A line of the guest's /etc/hosts.", 'image hosts 10.0.0.1 dom0'),
  unavailable(
    'image fstab',
    "A line of the guest's /etc/fstab.",
    'image fstab "/dev/xvdb /srv ext4"',
  ),
  unavailable('image password', 'The password of a user.', 'image password root FILE'),
  unavailable('image user', 'A user of the guest.', 'image user worker'),
  unavailable('domain disk', 'One more disk.', 'domain disk /srv/data.img,raw,xvdb,rw'),
  unavailable('domain pci', 'A PCI device passed through.', 'domain pci 03:00.0'),
  unavailable('domain type', 'How the guest is virtualised: pv, pvh or hvm.', 'domain type pvh'),
  unavailable('domain autostart', 'Started when the host starts.', 'domain autostart'),
  unavailable('domain set', 'Any other key of xl.cfg.', 'domain set localtime 1'),
  unavailable('input', 'Files handed to the guest.', 'input data.csv'),
  unavailable('output', 'Files handed back.', 'output /root/result'),
  unavailable(
    'spool',
    'A watched folder: each file that arrives starts one instance.',
    'spool /srv/in',
  ),
];
