import { createEngine, type Engine } from '../src/embed/engine.ts';
import { type Report, ratios } from './figure.ts';

const SIZES = [100, 1000, 10_000] as const;
const EMITS = 2000;
/** Of each run: what is compared must be close together, as the machine's speed drifts. */
const ROUNDS = 4;
/** One job in so many runs; such a job has no process. */
const RUNNING = 10;

/**
 * What an event costs that matches no job, with more and more jobs loaded of which a tenth runs. One
 * kind of event nobody knows; the other is known to every job, but about another job. Goal: at most
 * 10 µs, and flat (the most jobs cost at most 1.3 of the fewest). Upstart needs 8.2 ms with 10,000.
 */
export async function event(runs: number): Promise<Report> {
  const engines = await Promise.all(SIZES.map(engineWith));
  const kinds = {
    unknown: (engine: Engine) => engine.emit('nobody-waits-for-this', { variables: { N: '1' } }),
    'of no job here': (engine: Engine) =>
      engine.emit('stopped', { variables: { JOB: 'elsewhere', INSTANCE: '', RESULT: 'ok' } }),
  };
  const found = new Map<string, number[]>();
  try {
    for (let round = -1; round < runs * ROUNDS; round += 1) {
      if (round % ROUNDS === 0) console.error(`run ${round / ROUNDS + 1} of ${runs}`);
      for (const [kind, emit] of Object.entries(kinds)) {
        for (const [at, engine] of engines.entries()) {
          const begin = performance.now();
          for (let nth = 0; nth < EMITS; nth += 1) await emit(engine);
          const each = ((performance.now() - begin) * 1000) / EMITS;
          const name = nameOf(kind, SIZES[at] ?? 0);
          if (round >= 0) found.set(name, [...(found.get(name) ?? []), each]);
        }
      }
    }
  } finally {
    await Promise.all(engines.map((engine) => engine.close()));
  }
  const flat = Object.keys(kinds).map((kind) => {
    const [least = [], most = []] = [SIZES[0], SIZES[2]].map((size) =>
      found.get(nameOf(kind, size)),
    );
    const values = ratios(most, least);
    return { name: `${kind}: last / first`, unit: '', values, goal: 1.3 } as const;
  });
  return {
    figures: [
      ...Array.from(found, ([name, values]) => ({ name, unit: 'µs', values, goal: 10 }) as const),
      ...flat,
    ],
  };
}

function nameOf(kind: string, jobs: number): string {
  return `event ${kind}, ${jobs} jobs`;
}

async function engineWith(jobs: number): Promise<Engine> {
  const engine = createEngine();
  for (let at = 0; at < jobs; at += 1) {
    const starts = at % RUNNING === 0 ? 'boot' : `stopped JOB=job-${at - 1}`;
    const text = `start on ${starts} or wanted-${at}\nstop on stopped JOB=job-${at + 1}\n`;
    engine.define({ name: `job-${at}`, text, dialect: 'init' });
  }
  await engine.emit('boot');
  const running = engine.status().filter(({ state }) => state === 'running').length;
  if (running !== jobs / RUNNING) throw new Error(`${running} of ${jobs / RUNNING} jobs run`);
  return engine;
}
