import type { Greeting, Item, Request } from '../../daemon/control/protocol.ts';

/** An item as `--json` prints it. A status begins with its job: shells complete the names. */
export function answerJson(item: Item, request: Request, daemon: Greeting): object {
  switch (item.kind) {
    case 'status': {
      const { job, ...rest } = item.status;
      return { job, ...rest, dialect: item.dialect };
    }
    case 'transition': {
      const { job, ...rest } = item.status;
      return { job, ...rest };
    }
    case 'text':
      return textJson(item.text, request, daemon);
    case 'config': {
      const { kind: _, job, ...rest } = item;
      return { name: job, ...rest };
    }
    case 'failure':
      return { failure: item.message };
    case 'event':
    case 'announcement':
    case 'line':
    case 'output':
    case 'domain':
    case 'spool':
    case 'held': {
      const { kind: _, ...rest } = item;
      return rest;
    }
  }
}

function textJson(text: string, request: Request, daemon: Greeting): object {
  switch (request.verb) {
    case 'version':
      return { version: text, ...daemon };
    case 'usage':
      return { job: request.job, usage: text };
    case 'log-priority':
      return { priority: text };
    case 'get-env':
      return { name: request.name, value: text };
    case 'list-env': {
      const at = text.includes('=') ? text.indexOf('=') : text.length;
      return { name: text.slice(0, at), value: text.slice(at + 1) };
    }
    default:
      return { text };
  }
}
