import { DomstartError, type ErrorCode } from '../model/errors.ts';
import type { DomainEnd } from '../ports/hypervisor.ts';
import type { Ending } from '../ports/main-process.ts';

/** Why we ended a domain ourselves, where we did; the first reason counts. */
export type Order = StopOrder | Fault;

interface StopOrder {
  readonly kind: 'terminate' | 'kill';
}

type Fault =
  | { readonly kind: 'deadline'; readonly seconds: number }
  | { readonly kind: 'fail'; readonly pattern: string; readonly line: string }
  | { readonly kind: 'hung'; readonly observed: string; readonly attempts: number };

/** Everything that was seen of a domain's life when it is over. */
export interface Life {
  /** For messages. */
  readonly name: string;
  readonly end: DomainEnd;
  readonly order: Order | undefined;
  /** The guest's init ran, or nothing in this guest would tell. */
  readonly initSeen: boolean;
  /** The job's exit status, where the guest's init told it. */
  readonly exitStatus: number | undefined;
  /** It may have told it when a daemon was killed that had not noted it yet. */
  readonly mayHaveTold?: boolean;
  /** What the console showed last, LAST_LINES or fewer. */
  readonly lastLines: readonly string[];
}

/** Enough for a panic with its trace. */
export const LAST_LINES = 100;

/** Of these, so many are shown. */
const SHOWN_LINES = 10;

/** How the job inside ended, judged from the domain's life. */
export function judge(life: Life): Ending {
  const { order, exitStatus, end } = life;
  if (order !== undefined && isFault(order)) {
    return failed(life, faultCode(order), faultWhy(order));
  }
  // A job that was well may have its outputs on that disk.
  if (end.reason === 'host-io')
    return failed(life, 'host-io', `was ended: ${end.detail}`, ROOM_HINT);
  if (exitStatus !== undefined) return { kind: 'exited', status: exitStatus };
  if (order !== undefined) {
    return { kind: 'signalled', signal: order.kind === 'kill' ? 'KILL' : 'TERM' };
  }
  const code = life.initSeen ? 'guest-failed' : 'boot-failed';
  const when = life.initSeen ? '' : ' before its init ran';
  switch (end.reason) {
    case 'poweroff':
      if (life.mayHaveTold) return failed(life, 'domain-lost', UNHEARD, 'run it again');
      if (life.initSeen) return { kind: 'exited', status: 0 };
      return failed(life, code, 'powered off before its init ran', memoryHint(life));
    case 'reboot':
      return failed(life, code, `rebooted${when}`, life.initSeen ? RESET_HINT : memoryHint(life));
    case 'crash':
      return failed(
        life,
        code,
        `crashed${when}: its kernel panicked${panicReason(life)}`,
        memoryHint(life),
      );
    case 'watchdog':
      return failed(life, code, `hung${when}: its watchdog ended it`);
    // A stop of its job comes with both.
    case 'saved':
    case 'migrated':
      return { kind: 'signalled', signal: 'TERM' };
    // Neither the guest's doing nor ours: it did not get the domain that it was to run in.
    case 'destroyed':
      return failed(life, 'domain-lost', `was destroyed from outside${when}`, OUTSIDE_HINT);
    case 'failed':
      return failed(life, 'domain-lost', `ended${when}: ${end.detail}`, end.hint ?? OUTSIDE_HINT);
  }
}

const UNHEARD = 'ended while no daemon was there, and its status was not heard';

const RESET_HINT = 'a throwaway domain ends with its first reboot; let the job power off or halt';

const ROOM_HINT = 'make room there, or set DOMSTART_RUN to a folder with more';

const OUTSIDE_HINT = 'the host ended it, not the guest: see whether the host ran out of memory';

/** What a kernel says that lacks memory; every boot mentions the word. */
const LACKS_MEMORY =
  /out of memory|not enough memory|deadlocked on memory|cannot allocate|unpacking failed|write error|allocation failure|oom-kill/i;

/** A boot without a word dies before the kernel can say that it has no room for itself. */
function memoryHint({ initSeen, lastLines }: Life): string | undefined {
  const lacking = lastLines.some((line) => LACKS_MEMORY.test(line));
  if (!lacking && (initSeen || lastLines.length > 0)) return undefined;
  return 'its memory may be too small for the kernel and the image: raise `domain memory`';
}

function isFault(order: Order): order is Fault {
  return order.kind !== 'terminate' && order.kind !== 'kill';
}

function faultCode(fault: Fault): ErrorCode {
  switch (fault.kind) {
    case 'deadline':
      return 'deadline-passed';
    case 'fail':
      return 'guest-failed';
    case 'hung':
      return 'boot-failed';
  }
}

function faultWhy(fault: Fault): string {
  switch (fault.kind) {
    case 'deadline':
      return `was destroyed: its timeout of ${fault.seconds} s passed`;
    case 'fail':
      return `failed: \`console fail ${fault.pattern}\` matched the line: ${fault.line}`;
    case 'hung':
      return `hung in early boot${fault.attempts > 1 ? ', twice' : ''}: ${fault.observed}`;
  }
}

const PANIC = /Kernel panic - not syncing(: .+)?/;

function panicReason({ lastLines }: Life): string {
  const reasons = lastLines.map((line) => PANIC.exec(line)?.[1]);
  return reasons.find((reason) => reason !== undefined) ?? '';
}

function failed(life: Life, code: ErrorCode, why: string, hint?: string): Ending {
  const panic = life.lastLines.findLastIndex((line) => PANIC.test(line));
  // Behind the panic stand registers: what happened is in its first lines.
  const shown =
    panic < 0
      ? life.lastLines.slice(-SHOWN_LINES)
      : life.lastLines.slice(panic, panic + SHOWN_LINES);
  const said =
    shown.length === 0
      ? '; its console showed nothing'
      : `; its console showed last:\n${shown.map((line) => `    ${line}`).join('\n')}`;
  const message = `domain ${life.name} ${why}${said}`;
  return { kind: 'failed', error: new DomstartError(code, message, { hint }) };
}
