import type { ProcessName } from '../model/job.ts';
import { neutralise } from '../model/terminal.ts';
import type { RunContext } from '../ports/main-process.ts';
import { slowerPace } from '../ports/pace.ts';
import type { Console } from './console.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createOutputReader, type OutputReader } from './output-reader.ts';

const nothing: OutputReader = { finish: (done) => done() };

/** Reads what a process writes, where it is read at all: as lines to the report, raw to the log. */
export function readOutput(
  { reading, missing }: Console,
  { context, process }: { readonly context: RunContext; readonly process: ProcessName },
): OutputReader {
  if (reading === undefined) return nothing;
  const { report, pace } = context;
  if (missing !== undefined) report.warn(`${process}: ${missing}`);
  const log = reading.logged ? context.log : undefined;
  const lines = createLineSplitter((text) =>
    report.line({ source: process, text: neutralise(text) }),
  );
  return createOutputReader({
    input: reading.input,
    pace: slowerPace(pace, log?.pace),
    onBytes(bytes) {
      log?.write(bytes);
      lines.push(bytes);
    },
    onPause: () => lines.end(),
  });
}
