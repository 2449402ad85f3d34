import { inspectHost } from '../host/inspect-host.ts';
import { EXIT } from './exit-codes.ts';
import { print, say } from './output.ts';
import { styleFor } from './style.ts';

/** `domstart doctor`: what this host can do. 69 when it cannot run a domain at all. */
export async function doctor(options: { readonly json?: true }): Promise<number> {
  const style = styleFor(process.stdout);
  let ready = true;
  for await (const finding of inspectHost()) {
    if (finding.needed && !finding.ok) ready = false;
    if (options.json) {
      print(JSON.stringify(finding));
      continue;
    }
    const sign = finding.ok
      ? style('green', 'ok  ')
      : finding.needed
        ? style('red', 'no  ')
        : style('yellow', 'no  ');
    print(`${sign} ${finding.name.padEnd(10)} ${finding.detail}`);
    if (finding.fix !== undefined) print(`${' '.repeat(16)}${style('dim', `fix: ${finding.fix}`)}`);
  }
  if (!options.json) say(ready ? 'this host can run domains' : 'this host cannot run domains yet');
  return ready ? EXIT.ok : EXIT.hostIncapable;
}
