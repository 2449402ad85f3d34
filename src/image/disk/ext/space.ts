import { type Geometry, groupAt } from './geometry.ts';

/** Blocks that follow each other on the disk. */
export interface Run {
  readonly first: number;
  readonly count: number;
}

/** The disk has not as many blocks. */
export class DiskFull extends Error {}

/** Gives the blocks for content out, each once, from the first to the last. */
export class Space {
  readonly #geometry: Geometry;
  #group = 0;
  #next: number;

  constructor(geometry: Geometry) {
    this.#geometry = geometry;
    this.#next = groupAt(geometry, 0).content;
  }

  /** Throws `DiskFull`. */
  take(count: number): Run[] {
    const runs: Run[] = [];
    for (let left = count; left > 0; ) {
      const { first, blocks } = groupAt(this.#geometry, this.#group);
      const here = Math.min(left, first + blocks - this.#next);
      if (here > 0) runs.push({ first: this.#next, count: here });
      this.#next += here;
      left -= here;
      if (left > 0) this.#enterNext();
    }
    return runs;
  }

  takeOne(): number {
    return this.take(1)[0]?.first ?? 0;
  }

  /** How many blocks at the begin of a group are in use, its own ones included. */
  usedIn(index: number): number {
    const { first, blocks, content } = groupAt(this.#geometry, index);
    if (index < this.#group) return blocks;
    return (index === this.#group ? this.#next : content) - first;
  }

  #enterNext(): void {
    this.#group += 1;
    if (this.#group >= this.#geometry.groups) throw new DiskFull();
    this.#next = groupAt(this.#geometry, this.#group).content;
  }
}
