import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** A terminal that no session has; what is written to it comes out of its other side. */
const PROGRAM = String.raw`
open my $pty, '+<', '/dev/ptmx' or die $!;
my $unlocked = pack('i', 0);
ioctl $pty, 0x40045431, $unlocked or die $!;
my $number = pack('i', 0);
ioctl $pty, 0x80045430, $number or die $!;
my $name = '/dev/pts/' . unpack('i', $number);
open my $held, '<', $name or die $!;
syswrite STDOUT, "$name\n";
while (sysread $pty, my $text, 4096) { syswrite STDOUT, $text }
`;

export interface Pty {
  readonly device: string;
  /** What was written to it so far. */
  written(): string;
}

/** Closed when the test is done. */
export async function openPty(): Promise<Pty> {
  // Perl would take it for its own terminal if it led a session.
  const child = spawn('perl', ['-e', PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8');
  const device = await new Promise<string>((resolve) => {
    child.stdout.on('data', (piece: string) => {
      text += piece;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
  });
  return { device, written: () => text.slice(device.length + 1) };
}
