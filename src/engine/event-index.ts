const nobody: ReadonlySet<never> = new Set();

/** Who listens to which event, by its name; in the order in which they began to. */
export class EventIndex<Listener> {
  readonly #byName = new Map<string, Set<Listener>>();

  add(names: Iterable<string>, listener: Listener): void {
    for (const name of names) {
      const listeners = this.#byName.get(name);
      if (listeners === undefined) this.#byName.set(name, new Set([listener]));
      else listeners.add(listener);
    }
  }

  delete(names: Iterable<string>, listener: Listener): void {
    for (const name of names) {
      const listeners = this.#byName.get(name);
      if (listeners?.delete(listener) && listeners.size === 0) this.#byName.delete(name);
    }
  }

  get(name: string): ReadonlySet<Listener> {
    return this.#byName.get(name) ?? nobody;
  }
}
