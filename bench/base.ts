import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, timed } from './command.ts';
import { type Report, ratios } from './figure.ts';
import { makeOwnFolder } from './own-cache.ts';

const SUITE = 'bookworm';
const JOB = `image from debootstrap ${SUITE}\nguest init direct\nguest base\n    exec true\nend guest\n`;

/** Seconds. */
interface Round {
  readonly mmdebstrap: number;
  readonly debootstrap: number;
  /** From the start of Node until the base is there, and until an image can be booted. */
  readonly base: number;
  readonly image: number;
  readonly again: number;
}

/**
 * `domstart image build` with an empty cache against mmdebstrap and debootstrap by themselves, in
 * turn, as whole processes. Goal: at most 1.05 of mmdebstrap. And the same command once more, with
 * its look for news. All take their packages from the host's mirror.
 */
export async function base(runs: number): Promise<Report> {
  const rounds: Round[] = [];
  for (let run = 0; run < runs; run++) {
    console.error(`run ${run + 1} of ${runs}`);
    rounds.push(await runRound());
  }
  const of = (part: keyof Round) => rounds.map((round) => round[part]);
  const bare = of('mmdebstrap');
  const name = (tool: string) => `${tool} --variant=minbase ${SUITE}`;
  return {
    figures: [
      { name: name('mmdebstrap'), unit: 's', values: bare },
      { name: name('debootstrap'), unit: 's', values: of('debootstrap') },
      { name: 'image build: the base is there', unit: 's', values: of('base') },
      { name: 'image build: its end', unit: 's', values: of('image') },
      { name: 'base / mmdebstrap', unit: '', values: ratios(of('base'), bare), goal: 1.05 },
      { name: 'image / mmdebstrap', unit: '', values: ratios(of('image'), bare) },
      { name: 'image / debootstrap', unit: '', values: ratios(of('image'), of('debootstrap')) },
      { name: 'again, with the look for news', unit: 's', values: of('again') },
    ],
  };
}

async function runRound(): Promise<Round> {
  await using own = await makeOwnFolder();
  const { folder, cache } = own;
  const job = join(folder, 'base.conf');
  await writeFile(job, JOB);
  const bare = (tool: string, to: string) =>
    seconds(() => runCommand(tool, ['--variant=minbase', SUITE, join(folder, to)]));
  const build = () =>
    runCommand('./bin/domstart', ['image', 'build', job], { DOMSTART_CACHE: cache });
  const mmdebstrap = await bare('mmdebstrap', 'bare.tar');
  const begin = Date.now();
  const image = await seconds(build);
  const base = ((await whenMade(cache)) - begin) / 1000;
  const again = await seconds(build);
  const debootstrap = await bare('debootstrap', 'bare');
  return { mmdebstrap, debootstrap, base, image, again };
}

/** When the only base of a cache was finished, in milliseconds since 1970. */
async function whenMade(cache: string): Promise<number> {
  const names = await readdir(join(cache, 'bases'), { recursive: true });
  const [manifest = ''] = names.filter((name) => name.endsWith('/base.json'));
  const text = await readFile(join(cache, 'bases', manifest), 'utf8');
  return Date.parse((JSON.parse(text) as { created: string }).created);
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work)) / 1000;
}
