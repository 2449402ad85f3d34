import type { Greeting, Item, Request } from '../../daemon/control/protocol.ts';
import { answerJson } from './answer-json.ts';
import { formatOldInstance, formatOldStatus, formatStatus } from './format-status.ts';
import type { Call } from './parse-call.ts';

/** Where what is shown goes to. */
export interface Outlet {
  /** Data: a line, or bytes as they are. */
  readonly print: (line: string) => void;
  readonly write: (bytes: Buffer) => void;
  /** An error message, told under the name of who speaks. */
  readonly complain: (message: string) => void;
}

/** What a command shows of its answers. */
export interface AnswerView {
  show(item: Item, request: Request): Promise<void> | void;
  /** Everything is there. Whether what was shown makes the command fail. */
  end(): Promise<boolean>;
}

export function createJsonView(daemon: Greeting, { print }: Outlet): AnswerView {
  let failed = false;
  return {
    show(item, request) {
      if (item.kind === 'failure') failed = true;
      print(JSON.stringify(answerJson(item, request, daemon)));
    },
    end: async () => failed,
  };
}

/** What Upstart's initctl prints, that of 1.x or that of 0.3: the items tell which. */
export function createTextView(
  { verb, words, flags }: Call,
  { print, write, complain }: Outlet,
): AnswerView {
  let failed = false;
  let hasWritten = false;
  let passedThrough = false;
  let named: string | undefined;
  let usage = '';
  const later: string[] = [];

  function showStatus({ status, dialect, instanceEach }: Extract<Item, { kind: 'status' }>) {
    // Every state that it went through was printed already.
    if (passedThrough) return;
    if (dialect !== 'event.d') {
      printAll(formatStatus(status));
    } else if (instanceEach) {
      if (named !== status.job) print(`${status.job} (instance)`);
      named = status.job;
      if (status.state !== 'waiting' || status.goal !== 'stop') printAll(formatOldInstance(status));
    } else {
      printAll(formatOldStatus(status));
    }
  }

  function printAll(lines: readonly string[]): void {
    for (const line of lines) print(line);
  }

  return {
    async show(item) {
      switch (item.kind) {
        case 'status':
          showStatus(item);
          break;
        case 'transition':
          passedThrough = true;
          printAll(formatOldStatus(item.status));
          break;
        case 'event':
          if (verb === 'telinit') break;
          print([item.name, ...item.arguments].join(' '));
          printAll(item.env.map((variable) => `    ${variable}`));
          break;
        case 'failure':
          failed = true;
          complain(item.message);
          break;
        case 'text':
          if (verb === 'list-env') later.push(item.text);
          else if (verb === 'usage') usage = item.text;
          else print(item.text);
          break;
        case 'config': {
          const { showConfig } = await import('../../language/show-config.ts');
          printAll(showConfig({ ...item, name: item.job }));
          break;
        }
        case 'announcement': {
          const { formatAnnouncement } = await import('./format-announcement.ts');
          print(formatAnnouncement(item));
          break;
        }
        case 'output':
          hasWritten = true;
          write(Buffer.from(item.bytes, 'base64'));
          break;
        case 'held':
          print(`${item.event}: held by ${item.heldBy.join(', ') || 'nobody'}`);
          break;
      }
    },
    async end() {
      if (verb === 'usage') print(`Usage: ${usage}`);
      if (verb === 'console' && !hasWritten && !flags.has('follow') && !flags.has('quiet')) {
        complain(nothingOf(words));
      }
      printAll(later.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      return failed;
    },
  };
}

function nothingOf([job, instance]: readonly string[]): string {
  return instance === undefined
    ? `${job} has written nothing (of one with instances, name one: console ${job} INSTANCE)`
    : `${job} (${instance}) has written nothing`;
}
