import type { Pace } from '../ports/pace.ts';

/**
 * How fast the output of one run may come. While it goes on, it comes as fast as it is taken. Once
 * it is being ended it is read as it comes, because a program that waits in its writes cannot end
 * in order; what nobody takes meanwhile is dropped.
 */
export interface OutputGate {
  readonly pace: Pace;
  /** The next line would only pile up. */
  readonly closed: boolean;
  /** The run is being ended. */
  hurry(): void;
}

export function createOutputGate(pace: Pace): OutputGate {
  const ended = Promise.withResolvers<void>();
  let hurried = false;
  let enough: Promise<unknown> | undefined;

  function ask(): Promise<unknown> | undefined {
    if (enough !== undefined) return enough;
    const asked = pace();
    if (asked === undefined) return undefined;
    const done = () => {
      enough = undefined;
    };
    enough = asked.then(done, done);
    return enough;
  }

  return {
    pace() {
      const wait = ask();
      return wait === undefined || hurried ? undefined : Promise.race([wait, ended.promise]);
    },
    get closed() {
      return hurried && enough !== undefined;
    },
    hurry() {
      hurried = true;
      ended.resolve();
    },
  };
}
