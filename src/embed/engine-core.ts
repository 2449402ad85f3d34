import type { Engine as EngineCore } from '../engine/engine.ts';
import type { LiveDomains } from '../ports/live-domains.ts';
import type { Engine } from './engine.ts';

interface Inside {
  readonly core: EngineCore;
  readonly domains: LiveDomains;
}

const insides = new WeakMap<Engine, Inside>();

export function keepInside(engine: Engine, inside: Inside): void {
  insides.set(engine, inside);
}

/**
 * What is inside an engine, for what serves it in the same program: `initctl` asks for more than
 * the library gives.
 */
export function insideOf(engine: Engine): Inside {
  return insides.get(engine) as Inside;
}
