import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageOptions } from '../../src/embed/host-images.ts';
import { findHost } from '../../src/host/find-host.ts';
import { cacheFolder } from '../../src/host/paths.ts';
import { obtainImage } from '../../src/image/obtain-image.ts';
import { parseJob } from '../../src/language/parse-job.ts';
import type { HostTools } from '../../src/ports/host-tools.ts';
import { makeSmallRoot } from '../support/small-root.ts';

let folder: string;
let tools: HostTools;
const { signal } = new AbortController();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'domstart-same-bytes-'));
  tools = await findHost({ cache: cacheFolder(), signal });
  await makeSmallRoot(join(folder, 'root'));
  mkdirSync(join(folder, 'root/etc/init'));
  writeFileSync(join(folder, 'root/etc/init/tty1.conf'), 'start on startup\nexec getty\n');
  writeFileSync(join(folder, 'secret'), 'a password\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function jobText(filesystem: string): string {
  return `image from directory ${join(folder, 'root')}
image filesystem ${filesystem}
image size 64M
image hostname same
image hosts 10.0.0.1 dom0
image interface eth0 static 10.0.0.2/24 10.0.0.1
image fstab /dev/vdc /srv ext4
image user worker sudo
image password worker file ${join(folder, 'secret')}
image copy ${join(folder, 'secret')} /etc/deep/down/secret 0600
guest init init
guest one
    start on startup
    exec true
end guest
`;
}

async function digestOfBuild(cache: string, filesystem: string): Promise<string> {
  const file = join(folder, 'same.conf');
  const { job } = parseJob({ text: jobText(filesystem), file, dialect: 'domstart' });
  if (job?.domain === undefined) throw new Error('the job is broken');
  const image = await obtainImage(
    {
      domain: job.domain,
      environment: new Map(),
      jobFile: file,
      ...{ signal, onProgress: () => {} },
    },
    imageOptions({ tools, cache }),
  );
  try {
    const hash = createHash('sha256');
    await pipeline(createReadStream(image.disk), hash);
    return hash.digest('hex');
  } finally {
    image.release();
  }
}

test.each(['ext3', 'ext4'])('ten builds of one job give the same bytes: %s', async (filesystem) => {
  const digests = new Set<string>();
  for (let build = 0; build < 10; build += 1) {
    const cache = join(folder, `cache-${filesystem}-${build}`);
    digests.add(await digestOfBuild(cache, filesystem));
    rmSync(cache, { recursive: true });
  }
  expect(digests.size).toBe(1);
});
