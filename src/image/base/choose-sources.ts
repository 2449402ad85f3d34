import { DomstartError } from '../../model/errors.ts';
import type { AptSource } from './apt-sources.ts';

export interface ChosenSources {
  /** The first is the suite itself; its updates and what else the host has for it are behind it. */
  readonly sources: readonly [AptSource, ...AptSource[]];
  /** Which keys are trusted where a source does not say: apt's own, or those of all distributions here. */
  readonly keyrings: 'host' | 'distributions';
}

export interface SourcesRequest {
  readonly suite: string;
  readonly mirror?: string | undefined;
  /** Those of the host. */
  readonly host: readonly AptSource[];
  /** The host's own suite. */
  readonly codename?: string | undefined;
  /** As dpkg names it. */
  readonly architecture: string;
}

/**
 * Where the packages of a suite come from: the mirror where there is one, with what the host says of
 * it; else what the host has of the suite, with its updates; else the host's own mirror, on which
 * the suite may be. Throws `host-incapable` where the host has no sources.
 */
export function chooseSources(request: SourcesRequest): ChosenSources {
  const { suite, mirror, codename } = request;
  const host = request.host.filter((source) => fits(source, request.architecture));
  if (mirror !== undefined) return fromMirror(mirror, suite, host);
  const [own, ...more] = host.filter((source) => source.suite === suite);
  if (own !== undefined) {
    const updates = host.filter((source) => isUpdateOf(source.suite, suite));
    return { sources: [own, ...more, ...updates], keyrings: 'host' };
  }
  const main =
    host.find((source) => source.suite === codename && source.components.includes('main')) ??
    host.find((source) => source.components.includes('main'));
  if (main !== undefined) return { sources: [{ ...main, suite }], keyrings: 'host' };
  throw new DomstartError(
    'host-incapable',
    `no mirror for ${suite}: this host has no apt sources`,
    {
      hint: `name one: \`image from debootstrap ${suite} http://MIRROR/…\``,
    },
  );
}

function fromMirror(mirror: string, suite: string, host: readonly AptSource[]): ChosenSources {
  const uri = mirror.replace(/\/+$/, '');
  const known = host.filter((source) => source.uri.replace(/\/+$/, '') === uri);
  const same = known.find((source) => source.suite === suite) ?? known[0];
  if (same !== undefined) return { sources: [{ ...same, suite }], keyrings: 'host' };
  return {
    sources: [{ uri, suite, components: ['main'], options: {} }],
    keyrings: 'distributions',
  };
}

function fits({ suite, options }: AptSource, architecture: string): boolean {
  // `./` is a folder of packages and no suite.
  if (suite.endsWith('/') && !suite.endsWith('/updates/')) return false;
  return options['arch'] === undefined || options['arch'].split(',').includes(architecture);
}

function isUpdateOf(one: string, suite: string): boolean {
  return [`${suite}-updates`, `${suite}-security`, `${suite}/updates`].includes(one);
}

/** The keyrings of the host that the sources name. */
export function keyringsOf({ sources }: ChosenSources): string[] {
  const paths = sources.flatMap(({ options }) => options['signed-by'] ?? []);
  return [...new Set(paths)];
}
