/** A package that is installed in a base. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** What /var/lib/dpkg/status has installed, sorted by name. */
export function parseStatus(text: string): InstalledPackage[] {
  return text
    .split(/\n\n+/)
    .filter((paragraph) => /^Status: \S+ ok installed$/m.test(paragraph))
    .map((paragraph) => ({
      name: field(paragraph, 'Package'),
      version: field(paragraph, 'Version'),
      architecture: field(paragraph, 'Architecture'),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function field(paragraph: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1] ?? '';
}
