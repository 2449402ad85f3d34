/** Jobs as objects: `npm run build`, then `node examples/objects.ts`. */
import { createEngine, type JobObject } from 'domstart';

const server: JobObject = {
  name: 'server',
  startOn: 'startup',
  stopOn: 'shutdown',
  env: { GREETING: 'hello  world' },
  preStart: { script: 'echo "$GREETING" is ready' },
  exec: ['sleep', '1000'],
  respawn: true,
  respawnLimit: { limit: 3, interval: 60 },
  killTimeout: 5,
};
const check: JobObject = { name: 'check', startOn: 'started server', task: true, exec: 'true' };

await using engine = createEngine({ jobs: [server, check] });
using _output = engine.on('output', ({ job, line }) => console.log(`${job}: ${line.text}`));

// Resolves when the server runs; `check` was started by that and may still be running.
await engine.emit('startup');
console.log('server:', engine.status('server')[0]?.state);
await engine.emit('shutdown');
console.log('server:', engine.status('server')[0]?.state);
