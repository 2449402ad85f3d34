import type { Token } from '../language/cursor.ts';
import { positionOf, type Source, spanOf } from '../language/source.ts';
import type { JobSyntax } from '../language/syntax.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { checkScripts, type ShellProblem } from '../process/shell-check.ts';

interface FileWithScripts {
  readonly file: string;
  readonly syntax: JobSyntax;
}

interface FoundScript {
  readonly file: string;
  readonly source: Source;
  readonly script: Token;
}

/** What `sh -n` says of every script of the files, by file, at the lines of the files. */
export async function shellWarnings(
  files: readonly FileWithScripts[],
): Promise<ReadonlyMap<string, readonly Diagnostic[]>> {
  const scripts = files.flatMap(scriptsOf);
  // What many files have in common is read once.
  const texts = [...new Set(scripts.map(({ script }) => script.text))];
  const problems = await checkScripts(texts);
  const problemOf = new Map(texts.map((text, index) => [text, problems[index]]));
  const warnings = new Map<string, Diagnostic[]>();
  for (const found of scripts) {
    const problem = problemOf.get(found.script.text);
    if (problem === undefined) continue;
    warnings.set(found.file, [...(warnings.get(found.file) ?? []), diagnosticOf(found, problem)]);
  }
  return warnings;
}

function scriptsOf({ file, syntax: { source, node, guest } }: FileWithScripts): FoundScript[] {
  return [...node.stanzas, ...(guest?.stanzas ?? [])].flatMap(({ body }) =>
    // With carriage returns `sh -n` complains about anything but them; they are told as such.
    body.kind === 'script' && !body.script.text.includes('\r\n')
      ? [{ file, source, script: body.script }]
      : [],
  );
}

/** A line of the script as a line of the file; one behind the last is that of `end script`. */
function diagnosticOf({ source, script }: FoundScript, problem: ShellProblem): Diagnostic {
  const first = positionOf(source, script.from).line;
  const last = positionOf(source, script.to).line;
  const line = Math.min(first + problem.line - 1, last);
  const start = source.lineStarts[line - 1] ?? script.to;
  const content = /([ \t]*)([^\n]*)/y;
  content.lastIndex = start;
  const [, indent = '', text = ''] = content.exec(source.text) ?? [];
  const from = start + indent.length;
  return {
    severity: 'warning',
    code: 'shell-syntax',
    message: `Shell: ${problem.message}`,
    hint: 'that is what `sh -n` says: whenever the script is run it fails here, behind the lines above',
    span: spanOf(source, from, from + text.trimEnd().length),
  };
}
