import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drop } from './drops.ts';

export interface Results {
  readonly done: number;
  readonly failed: number;
  /** What is wrong, in a line each. */
  readonly faults: readonly string[];
}

interface Result {
  readonly outcome: 'done' | 'failed';
  readonly path: Buffer;
  readonly id: string | undefined;
  readonly digest: string | undefined;
  readonly reason: string;
}

/** Compares what went into a spool with what came out of it. */
export function checkSpool(
  spool: string,
  drops: readonly Drop[],
  options: { readonly fullDisks: number },
): Results {
  const faults: string[] = [];
  const results = (['done', 'failed'] as const).flatMap((outcome) => resultsIn(spool, outcome));
  const byId = new Map<string, Result[]>();
  for (const result of results) {
    if (result.id === undefined) continue;
    byId.set(result.id, [...(byId.get(result.id) ?? []), result]);
  }
  for (const drop of drops) {
    const found = byId.get(drop.id) ?? [];
    const what = `${drop.way} ${drop.id}`;
    if (found.length > 1) faults.push(`${what} has ${found.length} results`);
    const [one] = found;
    if (one === undefined) {
      if (drop.expected === 'done') faults.push(`${what} is lost`);
      continue;
    }
    if (drop.expected === 'refused') continue;
    // One that somebody deletes while it is taken may be gone at any moment.
    if (one.digest !== drop.digest && drop.expected !== 'perhaps') {
      faults.push(`${what} was taken before it was whole`);
    }
    // The job itself had no room for its answer.
    const isFull = one.reason === 'it ended with status 1' && options.fullDisks > 0;
    if (one.outcome === 'failed' && drop.expected === 'done' && !isFull) {
      faults.push(`${what} has failed: ${one.reason}`);
    }
    if (one.outcome === 'done' && !isAnswered(one, drop)) faults.push(`${what} has no output`);
  }
  const links = drops.filter(({ expected }) => expected === 'refused').length;
  const refused = results.filter(({ reason }) => reason.includes('symbolic link')).length;
  if (refused !== links) faults.push(`${links} links were dropped, ${refused} were refused`);
  for (const folder of ['in', 'work']) {
    const left = readdirSync(join(spool, folder));
    if (left.length > 0) faults.push(`${folder}/ still holds ${left.length}: ${left.slice(0, 5)}`);
  }
  const of = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  return { done: of('done'), failed: of('failed'), faults };
}

function resultsIn(spool: string, outcome: 'done' | 'failed'): Result[] {
  const folder = join(spool, outcome);
  return readdirSync(folder, { encoding: 'buffer' }).map((name) => {
    const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
    const told = JSON.parse(read(path, 'run.json') ?? '{}');
    const content = contentOf(path);
    return {
      ...{ outcome, path, reason: told.reason ?? '' },
      id: content?.toString('latin1').slice(0, 9),
      digest: content && createHash('sha256').update(content).digest('hex'),
    };
  });
}

/** Of the file that was dropped, or the one in the folder that was. */
function contentOf(result: Buffer): Buffer | undefined {
  const folder = at(result, 'file');
  if (!existsSync(folder)) return undefined;
  const [name] = readdirSync(folder, { encoding: 'buffer' });
  if (name === undefined) return undefined;
  const path = at(folder, name);
  const stat = lstatSync(path);
  if (stat.isDirectory()) return readFileSync(at(at(path, 'inner'), 'file'));
  return stat.isFile() ? readFileSync(path) : undefined;
}

/** The job answers with the first line of what it was given. */
function isAnswered({ path }: Result, { id }: Drop): boolean {
  return read(at(path, 'output'), 'answer')?.trim() === id;
}

function read(folder: Buffer, name: string): string | undefined {
  try {
    return readFileSync(at(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}

function at(folder: Buffer, name: string | Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), Buffer.from(name as string)]);
}
