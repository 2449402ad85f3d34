import type { Engine as EngineCore } from '../engine/engine.ts';
import type { Engine } from './engine.ts';

const cores = new WeakMap<Engine, EngineCore>();

export function keepCore(engine: Engine, core: EngineCore): void {
  cores.set(engine, core);
}

/**
 * What is inside an engine, for what serves it in the same program: `initctl` asks for more than
 * the library gives.
 */
export function coreOf(engine: Engine): EngineCore {
  return cores.get(engine) as EngineCore;
}
