/** `  CC      drivers/pci/pci.o`, as make tells each thing that it makes. */
const STEP = /^ {2}[A-Z][A-Z0-9]*(?: \[[A-Z]\])? +\S/;

/**
 * Tells how far make has come, in whole percent. How many steps there will be nobody knows before:
 * `expected` is what the fragment takes with the kernel that it was written for, and the last
 * percent waits for the end.
 */
export function createMakeProgress(
  expected: number,
  onPercent: (percent: number) => void,
): (line: string) => void {
  let steps = 0;
  let last = -1;
  return (line) => {
    if (!STEP.test(line)) return;
    steps++;
    const percent = Math.min(99, Math.floor((100 * steps) / expected));
    if (percent === last) return;
    last = percent;
    onPercent(percent);
  };
}
