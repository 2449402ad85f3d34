/**
 * Jobs as texts, and what happens as an async iterator: `npm run build`, then
 * `node examples/events.ts`.
 */
import { createEngine } from 'domstart';

await using engine = createEngine({
  jobs: [
    { name: 'fetch', text: 'start on new-file\ntask\ninstance $FILE\nexec echo fetching $FILE\n' },
    { name: 'index', text: 'start on stopped fetch RESULT=ok\ntask\nexec echo indexing\n' },
    { name: 'report', text: 'start on stopped index\ntask\nexec echo done\n' },
  ],
});

// From here on everything is kept for the loop, however late it begins.
const told = engine.announcements(['state', 'output'], { signal: AbortSignal.timeout(60_000) });
await engine.emit('new-file', { variables: { FILE: 'a.txt' } });

for await (const { type, told: what } of told) {
  if (type === 'output') console.log(`${what.job}: ${what.line.text}`);
  else if (what.to === 'waiting') console.log(`${what.job} is over`);
  if (type === 'state' && what.job === 'report' && what.to === 'waiting') break;
}
