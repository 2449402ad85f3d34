/**
 * `npm run generate`: writes the files that come out of the stanza table (the reference page,
 * the editors' grammars). A test tells when they are behind.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedFiles } from '../src/language/reference/generated-files.ts';

for (const [file, text] of generatedFiles()) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(file);
}
