import { isVerb, type VerbName } from './verbs.ts';

/** As whom the program speaks. */
export interface Speaker {
  /** Before every message: `domstart`, `initctl`, or the name of the link that was called. */
  readonly name: string;
  readonly kind: 'domstart' | 'upstart';
  /** Of a link that is called like a command, as Upstart's `start` is. */
  readonly verb?: VerbName;
}

export const DOMSTART: Speaker = { name: 'domstart', kind: 'domstart' };

const CALLED_AS = '--called-as=';

/**
 * Who speaks, and what the user typed, where that is for a running daemon; undefined where it is for
 * commander. `bin/initctl` says in the first argument under which name it was called.
 */
export function speakerOf(
  argv: readonly string[],
): { readonly speaker: Speaker; readonly typed: readonly string[] } | undefined {
  const [first, ...typed] = argv;
  if (first?.startsWith(CALLED_AS)) {
    const name = first.slice(CALLED_AS.length);
    const verb = isVerb(name) ? { verb: name } : {};
    return { speaker: { name, kind: 'upstart', ...verb }, typed };
  }
  const verb = firstWord(argv);
  // With files, show-config is no question to a daemon; telinit is only a link.
  if (verb === undefined || !isVerb(verb) || verb === 'show-config' || verb === 'telinit') {
    return undefined;
  }
  return { speaker: DOMSTART, typed: argv };
}

/** Before the command there may be `--json` and `--socket`. */
function firstWord(argv: readonly string[]): string | undefined {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] as string;
    if (word === '--socket') at += 1;
    else if (word !== '--json' && !word.startsWith('--socket=')) return word;
  }
  return undefined;
}
