import { describe, expect, it } from 'vitest';
import { parseDeb822, parseOneLine, printSource } from '../../../src/image/base/apt-sources.ts';
import { chooseSources } from '../../../src/image/base/choose-sources.ts';

const DEBIAN = `Types: deb deb-src
# A comment within.
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Architectures: amd64 arm64
`;

describe('apt sources', () => {
  it('are read in the format of deb822', () => {
    expect(parseDeb822(DEBIAN).map(printSource)).toEqual([
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm main contrib',
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm-updates main contrib',
      'deb [arch=amd64,arm64] http://mirror.example/debian-security bookworm-security main',
    ]);
    expect(parseDeb822(`Enabled: no\n${DEBIAN}`)).toHaveLength(1);
    expect(parseDeb822(DEBIAN.replaceAll('Types: deb', 'Types: deb-src'))).toHaveLength(0);
  });

  it('keep a key that stands in them', () => {
    const key =
      'Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQ==\n -----END PGP PUBLIC KEY BLOCK-----';
    const [source] = parseDeb822(DEBIAN.replace(/Signed-By:.*/, key));
    expect(source?.options).toEqual({});
    expect(source?.key).toBe(
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n',
    );
  });

  it('are read in the format of lines', () => {
    const text = `# deb http://old one main
deb [ trusted=yes arch=amd64 ] file:/srv/mirror test main contrib # and more
deb-src http://mirror test main
deb http://mirror/flat ./
`;
    expect(parseOneLine(text).map(printSource)).toEqual([
      'deb [trusted=yes arch=amd64] file:/srv/mirror test main contrib',
      'deb http://mirror/flat ./',
    ]);
  });
});

describe('the sources of a suite', () => {
  const host = [
    ...parseDeb822(DEBIAN),
    ...parseOneLine(
      'deb https://other.example/apt nodistro main\ndeb [arch=i386] http://x bookworm main',
    ),
  ];
  const choose = (suite: string, mirror?: string) => {
    const chosen = chooseSources({
      suite,
      mirror,
      host,
      codename: 'bookworm',
      architecture: 'amd64',
    });
    return [...chosen.sources.map(({ uri, suite: one }) => `${uri} ${one}`), chosen.keyrings];
  };

  it('are what the host has of it, with its updates', () => {
    expect(choose('bookworm')).toEqual([
      'http://mirror.example/debian bookworm',
      'http://mirror.example/debian bookworm-updates',
      'http://mirror.example/debian-security bookworm-security',
      'host',
    ]);
  });

  it('are on the mirror of the host where it has none of it', () => {
    expect(choose('trixie')).toEqual(['http://mirror.example/debian trixie', 'host']);
  });

  it('are on the mirror that is named, with what the host says of it', () => {
    expect(choose('noble', 'http://archive.ubuntu.com/ubuntu/')).toEqual([
      'http://archive.ubuntu.com/ubuntu noble',
      'distributions',
    ]);
    const mirror = 'http://mirror.example/debian/';
    expect(choose('sid', mirror)).toEqual(['http://mirror.example/debian sid', 'host']);
  });

  it('are none where the host has none', () => {
    const request = { suite: 'bookworm', host: [], architecture: 'amd64' };
    expect(() => chooseSources(request)).toThrow('no mirror for bookworm');
  });
});
