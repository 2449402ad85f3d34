/**
 * Calls `work` and tells how it went: in the same turn where it returned or threw plainly, later
 * where it gave a promise. Exactly one of `done` and `failed` is called.
 */
export function promptly<T>(
  work: () => T | PromiseLike<T>,
  done: (value: T) => void,
  failed: (error: unknown) => void,
): void {
  let value: T | PromiseLike<T>;
  try {
    value = work();
  } catch (error) {
    failed(error);
    return;
  }
  if (isPromiseLike(value)) value.then(done, failed);
  else done(value);
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}
