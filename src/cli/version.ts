import packageFile from '../../package.json' with { type: 'json' };

/** The package's own version; build.ts puts it into the bundle. */
export const VERSION: string = packageFile.version;
