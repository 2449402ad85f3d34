import { isIP } from 'node:net';
import type { ImageHost, ImageInterface } from '../../model/domain.ts';
import { DomstartError } from '../../model/errors.ts';
import type { ImageWish } from '../../ports/images.ts';
import { expandPattern } from '../expand-pattern.ts';

/** The `image hosts` stanzas, expanded. Throws `variable-missing` or `job-invalid`. */
export function hostsOf({ domain, environment }: ImageWish): ImageHost[] {
  return (domain.image.hosts ?? []).map(({ address, names }) => {
    const stanza = `image hosts ${[address, ...names].join(' ')}`;
    const expanded = expandPattern(address, environment, stanza);
    if (isIP(expanded) === 0) throw noAddress(stanza, expanded);
    return {
      address: expanded,
      names: names.map((name) => readName(expandPattern(name, environment, stanza), stanza)),
    };
  });
}

/** The `image interface` stanzas, expanded. Throws `variable-missing` or `job-invalid`. */
export function interfacesOf({ domain, environment }: ImageWish): ImageInterface[] {
  return domain.image.interfaces.map((one) => {
    const { name, method, address, gateway } = one;
    const stanza = ['image interface', name, method, address, gateway].filter(Boolean).join(' ');
    const text = (pattern: string) => expandPattern(pattern, environment, stanza);
    return {
      ...{ name, method },
      ...(address === undefined ? {} : { address: readPrefixed(text(address), stanza) }),
      ...(gateway === undefined ? {} : { gateway: readAddress(text(gateway), stanza) }),
    };
  });
}

function readName(text: string, stanza: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text)) return text;
  throw new DomstartError('job-invalid', `\`${stanza}\`: ${JSON.stringify(text)} is no host name`, {
    hint: 'letters, digits, `.`, `-` and `_`',
  });
}

function readAddress(text: string, stanza: string): string {
  if (isIP(text) === 0) throw noAddress(stanza, text);
  return text;
}

function readPrefixed(text: string, stanza: string): string {
  const [address = '', prefix = '', ...more] = text.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  const fits = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (bits ?? 0) && more.length === 0;
  if (bits !== undefined && fits) return text;
  throw new DomstartError(
    'job-invalid',
    `\`${stanza}\`: ${JSON.stringify(text)} is no address with its prefix`,
    { hint: 'write 10.0.0.2/24 or fd00::2/64' },
  );
}

function noAddress(stanza: string, text: string): DomstartError {
  return new DomstartError('job-invalid', `\`${stanza}\`: ${JSON.stringify(text)} is no address`, {
    hint: 'write one as 10.0.0.1 or fd00::1',
  });
}
