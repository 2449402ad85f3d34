import { speakerOf } from './control/speaker.ts';

const argv = process.argv.slice(2);
if (speakerOf(argv) === undefined) {
  const { start } = await import('./start.ts');
  process.exitCode = await start(argv, import.meta.filename);
} else {
  // Scripts ask the daemon over and over: that does without commander and without the cache.
  await import('./control/main.ts');
}
