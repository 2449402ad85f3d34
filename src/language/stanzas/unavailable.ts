/** Stanzas of the language that this version does not build; using one is an error of its own. */
import { OWN, type Stanza } from './stanza.ts';

function unavailable(words: string, help: string, example: string, block = false): Stanza {
  return { words, dialects: OWN, help, example, form: { kind: 'unavailable', block } };
}

export const UNAVAILABLE_STANZAS: readonly Stanza[] = [
  unavailable('domain disk', 'One more disk.', 'domain disk /srv/data.img,raw,xvdb,rw'),
  unavailable('domain pci', 'A PCI device passed through.', 'domain pci 03:00.0'),
  unavailable('domain type', 'How the guest is virtualised: pv, pvh or hvm.', 'domain type pvh'),
  unavailable('domain autostart', 'Started when the host starts.', 'domain autostart'),
  unavailable('domain set', 'Any other key of xl.cfg.', 'domain set localtime 1'),
];
