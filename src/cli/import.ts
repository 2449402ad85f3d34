import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { renderDiagnostic } from '../language/render-diagnostic.ts';
import { importXenConfig } from '../language/xen/import-config.ts';
import { DomstartError, messageOf } from '../model/errors.ts';
import { diagnosticJson } from './diagnostic-json.ts';
import { EXIT } from './exit-codes.ts';
import { print, say } from './output.ts';
import { styleFor } from './style.ts';

export interface ImportOptions {
  readonly json?: true;
}

/** `domstart import xen FILE`: prints a Xen config as `domain` stanzas; 65 where it cannot be said. */
export async function importXen(file: string, { json }: ImportOptions): Promise<number> {
  const text = await readConfig(file);
  const { kind, lines, diagnostics } = importXenConfig(text);
  const failed = diagnostics.some(({ severity }) => severity === 'error');
  if (json) {
    const told = diagnostics.map(diagnosticJson);
    print(JSON.stringify({ file, kind, imported: !failed, lines, diagnostics: told }));
  } else {
    const style = styleFor(process.stderr);
    for (const diagnostic of diagnostics) say(renderDiagnostic(diagnostic, { file, text }, style));
    if (lines.length > 0) print(lines.join('\n'));
    if (!failed) say(REST);
  }
  return failed ? EXIT.jobInvalid : EXIT.ok;
}

const REST = 'a job also needs `image from …`, and a guest unless its image is a disk';

async function readConfig(file: string): Promise<string> {
  const reading = file === '-' ? buffer(process.stdin) : readFile(file);
  const bytes = await reading.catch((error) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? `no such file: ${file}` : `cannot read ${file}: ${messageOf(error)}`;
    throw new DomstartError('file-missing', message, { cause: error });
  });
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new DomstartError('job-invalid', `${file} is not UTF-8, so it cannot be imported`, {
    hint: 'save it as UTF-8',
  });
}
