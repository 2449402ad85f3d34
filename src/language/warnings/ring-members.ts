/**
 * The nodes of a directed graph that stand on some ring: those in a strongly connected component of
 * more than one node, and those with an edge to themselves. Tarjan's algorithm with a stack of its
 * own, so that a ring of any length is found in linear time.
 */
export function ringMembers(
  nodes: Iterable<string>,
  neighbours: (node: string) => Iterable<string>,
): ReadonlySet<string> {
  const members = new Set<string>();
  const seen = new Map<string, Visit>();
  const component: Visit[] = [];
  for (const node of nodes) {
    if (seen.has(node)) continue;
    const path: Visit[] = [];
    const enter = (name: string) => {
      const order = seen.size;
      const edges = neighbours(name)[Symbol.iterator]();
      const visit = { name, order, lowest: order, done: false, edges };
      seen.set(name, visit);
      component.push(visit);
      path.push(visit);
    };
    enter(node);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const edge = at.edges.next();
      if (edge.done !== true) {
        const next = seen.get(edge.value);
        if (next === undefined) enter(edge.value);
        else if (!next.done) at.lowest = Math.min(at.lowest, next.order);
        if (next === at) members.add(at.name);
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) above.lowest = Math.min(above.lowest, at.lowest);
      if (at.lowest === at.order) close(at, component, members);
    }
  }
  return members;
}

interface Visit {
  readonly name: string;
  /** When it was come to. */
  readonly order: number;
  /** The earliest node that can be come back to from here. */
  lowest: number;
  /** Its component is complete. */
  done: boolean;
  readonly edges: Iterator<string>;
}

/** Takes the component that `first` begins off the stack. */
function close(first: Visit, component: Visit[], members: Set<string>): void {
  const whole = component.splice(component.lastIndexOf(first));
  for (const visit of whole) {
    visit.done = true;
    if (whole.length > 1) members.add(visit.name);
  }
}
