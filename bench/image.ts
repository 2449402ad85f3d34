import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageOptions } from '../src/embed/host-images.ts';
import { loadJobs } from '../src/embed/load-jobs.ts';
import { findHost } from '../src/host/find-host.ts';
import { makeOverlay } from '../src/image/disk/overlay.ts';
import type { SharedImage } from '../src/image/image-entry.ts';
import { obtainImage } from '../src/image/obtain-image.ts';
import { runCommand, timed } from './command.ts';
import { type Figure, type Report, ratios } from './figure.ts';
import { makeOwnFolder, type OwnFolder } from './own-cache.ts';
import { findXenTools, makeWithXenTools } from './xen-tools.ts';

/** As the report's server. What xen-tools puts into every guest is installed, so that it need not. */
const JOB = `image from debootstrap bookworm
image size 700M
image filesystem ext3
image swap 128M
image install openssh-server kmod locales util-linux-locales
image hostname serv1
image interface eth0 dhcp
image hosts 10.0.2.2 $HOST
guest init direct
guest serv1
    exec true
end guest
`;
const OVERLAYS = 20;

/**
 * The second image: base and disk are there, and a line of its hosts file is another. Goals: at most
 * 300 ms beyond what `cp` takes for the same disk, in turn; 25 ms for the disk of a run. With
 * `peer`, as root, against xen-create-image from a tar of the same base: at most a tenth of it.
 */
export async function image(
  runs: number,
  { peer = false }: { readonly peer?: boolean },
): Promise<Report> {
  if (peer) await findXenTools();
  await using own = await makeOwnFolder();
  const job = join(own.folder, 'serv1.conf');
  await writeFile(job, JOB);
  console.error('the first image, with its base');
  const first = await timed(() => obtain(own, job, 'first'));
  const figures: Figure[] = [{ name: 'the first image', unit: 'ms', values: [first] }];
  figures.push(...(await againstCopy(own, job, runs)), await overlays(own, job));
  if (peer) figures.push(...(await againstPeer(own, job, runs)));
  return { figures };
}

async function againstCopy(own: OwnFolder, job: string, runs: number): Promise<Figure[]> {
  const ours: number[] = [];
  const floor: number[] = [];
  for (let run = 0; run <= runs; run++) {
    console.error(run === 0 ? 'warming up' : `run ${run} of ${runs}`);
    let disk = '';
    const made = await timed(async () => {
      ({ disk } = await obtain(own, job, `host-${run}`));
    });
    const copy = join(own.folder, 'copy.img');
    const copied = await timed(() => runCommand('cp', ['--sparse=always', disk, copy]));
    await rm(copy);
    if (run === 0) continue;
    ours.push(made);
    floor.push(copied);
  }
  const beyond = ours.map((value, at) => value - (floor[at] ?? Number.NaN));
  return [
    { name: 'the second image', unit: 'ms', values: ours },
    { name: 'cp --sparse=always', unit: 'ms', values: floor },
    { name: 'beyond copying', unit: 'ms', values: beyond, goal: 300 },
  ];
}

async function overlays(own: OwnFolder, job: string): Promise<Figure> {
  const { disk, format } = await obtain(own, job, 'first');
  const to = join(own.folder, 'root.qcow2');
  const values: number[] = [];
  for (let run = 0; run < OVERLAYS; run++) {
    values.push(await timed(() => makeOverlay({ backing: disk, backingFormat: format, to })));
    await rm(to);
  }
  return { name: 'the disk of a run', unit: 'ms', values, goal: 25 };
}

/** Both as whole processes, after what was made by now. */
async function againstPeer(own: OwnFolder, job: string, runs: number): Promise<Figure[]> {
  const { cache, folder } = own;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let run = 0; run < runs; run++) {
    console.error(`against xen-tools: run ${run + 1} of ${runs}`);
    const build = ['image', 'build', '--no-refresh', job, `HOST=peer-${run}`];
    ours.push(await timed(() => runCommand('./bin/domstart', build, { DOMSTART_CACHE: cache })));
    theirs.push(await timed(() => makeWithXenTools({ folder, cache })));
  }
  return [
    { name: 'domstart image build', unit: 'ms', values: ours },
    { name: 'xen-create-image', unit: 'ms', values: theirs },
    { name: 'domstart / xen-tools', unit: '', values: ratios(ours, theirs), goal: 0.1 },
  ];
}

/** As a run gets it: nothing is asked of the archives where there is a base. */
async function obtain({ cache }: OwnFolder, path: string, host: string): Promise<SharedImage> {
  const { signal } = new AbortController();
  const [job] = await loadJobs(path);
  if (job?.domain === undefined) throw new Error(`${path} has no domain`);
  const tools = await findHost({ cache, signal });
  const made = await obtainImage(
    {
      ...{ domain: job.domain, environment: new Map([['HOST', host]]), jobFile: path, signal },
      onProgress: () => {},
    },
    imageOptions({ tools, cache }),
  );
  made.release();
  return made;
}
