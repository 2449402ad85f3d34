/** The machine of a job, drawn as text: `npm run build`, then `node examples/machine.ts`. */
import { type SimulatedState, type SimulatedTransition, toMachine } from 'domstart';

const machine = toMachine({
  name: 'web',
  startOn: 'startup',
  stopOn: 'runlevel [!2345]',
  preStart: { script: 'mkdir -p /run/web' },
  exec: 'web --port 80',
  respawn: true,
});

function draw(states: SimulatedState['states'] = {}, indent = ''): void {
  for (const [name, state] of Object.entries(states)) {
    const { description, always = [], on = {} } = state;
    console.log(`${indent}${name}${description === undefined ? '' : `: ${description}`}`);
    for (const [event, list] of [['then', always] as const, ...Object.entries(on)]) {
      for (const move of list) arrow(`${indent}      `, event, move);
    }
    draw(state.states, `${indent}  `);
  }
}

function arrow(indent: string, event: string, { target, guard }: SimulatedTransition): void {
  if (target === undefined) return;
  const condition =
    guard === undefined ? '' : `, ${typeof guard === 'string' ? guard : guard.type}`;
  console.log(`${indent}${event}${condition} → ${target.split('.').at(-1)}`);
}

draw(machine.config.states);
