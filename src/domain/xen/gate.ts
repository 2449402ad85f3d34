/** Lets so many at once through, in the order in which they came. */
export interface Gate {
  /**
   * Resolves with what gives the place back; may be called more than once. `alone`: it takes all places,
   * and whoever comes later waits.
   */
  enter(how?: { readonly alone: boolean }): Promise<() => void>;
}

export function createGate(places: number): Gate {
  const waiting: { readonly wanted: number; readonly go: () => void }[] = [];
  let free = places;

  function letIn(): void {
    for (let next = waiting[0]; next !== undefined && next.wanted <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.wanted;
      next.go();
    }
  }

  return {
    async enter({ alone } = { alone: false }) {
      const wanted = alone ? places : 1;
      await new Promise<void>((go) => {
        waiting.push({ wanted, go });
        letIn();
      });
      let left = false;
      return () => {
        if (left) return;
        left = true;
        free += wanted;
        letIn();
      };
    },
  };
}
