/**
 * The helper that follows a job through its forks. It is Perl because every Debian has it and it can
 * make any system call: as a subreaper it inherits what the job leaves behind, so it learns of every
 * end with its status, and nothing gets away from it. It needs no ptrace, which would take the rights
 * of setuid programs away and is not allowed everywhere.
 *
 * Arguments: how many forks, the numbers of prctl and setsid (0: the command makes its own session),
 * the command. Descriptor 3 is a socket to us. It says, a line each:
 *
 *   fail ERRNO        the command could not be executed
 *   main PID          it was
 *   fork PID          the main process is now this one
 *   met               the forks are there
 *   left PID:NAME …   what still ran when the main process had ended; it is killed
 *   exit PID STATUS   as waitpid gives it; `?` where somebody else took it. Nothing of the job is left
 *
 * and is told: `signal N` (to the group of the main process), `reload N` (to the main process alone).
 * When our end is closed, by whatever death, all is killed.
 *
 * What a fork is:
 *
 *   - what the main process has left behind by its own end: all that lies between it and the survivor
 *   - while it lives, a child that ended and left a survivor behind; or a child that goes on for
 *     50 ms without executing anything, while the main process is not held in a vfork
 *
 * So the commands that a script runs do not count. What a program forks that was itself executed
 * counts from there on, once the main process has ended.
 */
import { FOLLOWER_HISTORY } from './follower-history.ts';
import { FOLLOWER_PROC } from './follower-proc.ts';

const BEGIN = String.raw`
my ($want, $prctl, $setsid, @command) = @ARGV;
my $us = $$;
$0 = 'domstart-follow';
delete $ENV{PERL_BADLANG};
for (keys %ENV) { my $name = $_; if ($name =~ s/^domstart-kept://) { $ENV{$name} = delete $ENV{$_} } }
open(my $socket, '+<&=', 3) or die "socket: $!";
fcntl($socket, 2, 1);
$SIG{PIPE} = 'IGNORE';
sub say_ { syswrite $socket, "@_\n" }
if (syscall($prctl, 36, 1, 0, 0, 0) != 0) { say_('fail', $! + 0); exit 1 }

my ($target, $main, $count, $met, $stop, $dying, $input) = (0, 0, 0, 0, 0, 0, '');
my ($status, %seen, %status) = ('?');
`;

const RUN = String.raw`
hear();
pipe(my $ready, my $failed) or die "pipe: $!";
$main = fork;
if (!defined $main) { say_('fail', $! + 0); exit 1 }
if ($main == 0) {
  $SIG{PIPE} = 'DEFAULT';
  syscall($prctl, 1, 9, 0, 0, 0);
  kill 9, $$ if getppid() != $us;
  syscall($setsid) if $setsid;
  exec { $command[0] } @command;
  syswrite $failed, $! + 0;
  exit 1;
}
close $failed;
$target = $main;
$seen{$main} = 1;
begin_history();
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>', '/dev/null';
if (open my $script, '<&=', 9) { close $script }
if (sysread $ready, my $errno, 16) { waitpid $main, 0; say_('fail', $errno); exit 1 }
say_('main', $main);
$SIG{CHLD} = sub {};
$SIG{$_} = sub { $dying = 1 } for qw(TERM INT HUP);

sub follow {
  my ($pid) = @_;
  $target = $pid;
  $seen{$pid} = 1;
  $count += 1;
  say_('fork', $pid) if $pid > 0;
  met() if $count >= $want;
}
sub met { $met = 1; say_('met') }

# What lies between the target and this process. What was executed there began anew.
sub chain {
  my ($pid) = @_;
  my @chain;
  while ($pid != $target) {
    return if $pid == $main || !exists $parent{$pid} || @chain > 99;
    unshift @chain, $pid;
    $pid = $parent{$pid};
  }
  for my $at (reverse 0 .. $#chain - 1) { return @chain[$at + 1 .. $#chain] if $ran{$chain[$at]} }
  return @chain;
}

# The way to what the target left to us; one that lives if there is one. Below one child of its, or any.
sub heir {
  my ($child) = @_;
  my @found;
  for my $pid (grep { !$seen{$_} } children($us)) {
    my @chain = chain($pid) or next;
    next if $child && $chain[0] != $child;
    push @found, [is_dead(facts($pid)) ? 1 : 0, $order{$chain[0]}, $order{$pid}, @chain];
  }
  my ($first) = sort { $a->[0] <=> $b->[0] || $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] } @found;
  return $first ? @$first : ();
}

sub is_fork {
  my ($child) = @_;
  return 0 if $ran{$child};
  my @it = facts($child);
  if (is_dead(@it)) { my @heir = heir($child); return @heir && !$heir[0] }
  my @parent = facts($target);
  return age(@it) >= 0.05 && @parent && $parent[0] ne 'D';
}

# What led to it was over before a look at it, so nobody knows how many forks it took.
sub is_all_there_is {
  return 0 if $events || !$unsure{$target};
  my @it = facts($target);
  return @it && age(@it) >= 1;
}

# One look: true where something was found, so that it is worth to look again at once.
sub look {
  # Before its history: what a dead one did is all in there.
  my $dead = is_dead(facts($target));
  take_history() if !$met || $events;
  if (!$met && !$dead) {
    if ($count && ($ran{$target} || is_all_there_is())) { met(); return 1 }
    for my $child (sort { $order{$a} <=> $order{$b} } grep { $parent{$_} == $target } keys %parent) {
      next if $seen{$child} || !is_fork($child);
      follow($child);
      return 1;
    }
  } elsif (!$met && (my ($is_dead, $first, $last, @chain) = heir())) {
    for my $pid (@chain) { follow($pid); last if $met }
    return 1;
  }
  if ($dead) { remember(); $stop = 1 }
  # What is not reaped yet may still turn out to be the one to follow.
  for my $pid (children($us)) { reap($pid) if $pid != $target && ($met || $seen{$pid}) }
  return 0;
}

# How the target ended. Where its parent took that, the kernel's word of it may come a little later.
sub remember {
  my @it = facts($target);
  reap($target);
  for (1 .. 20) {
    take_events();
    last if !$events || defined $status{$target} || defined $gone{$target};
    listen_(0.01);
  }
  for ($status{$target}, $gone{$target}, $it[49]) { if (defined $_) { $status = $_; last } }
}
sub reap {
  my ($pid) = @_;
  $status{$pid} = ${'$'}{^CHILD_STATUS_NATIVE} if waitpid($pid, 1) == $pid;
}

sub listen_ {
  my ($timeout) = @_;
  my $bits = '';
  vec($bits, fileno($socket), 1) = 1;
  vec($bits, fileno($events), 1) = 1 if $events;
  return unless select($bits, undef, undef, $timeout) > 0 && vec($bits, fileno($socket), 1);
  if (!sysread $socket, $input, 4096, length $input) { $dying = 1; return }
  while ($input =~ s/^(\w+) (\d+)
//) {
    my ($what, $signal) = ($1, $2);
    my @it = facts($target);
    next unless @it;
    if ($what eq 'reload') { kill $signal, $target; next }
    kill $signal, -$it[2] if $it[2] > 1;
  }
}

my $ticks = 0;
until ($stop || $dying) {
  next if look();
  last if $stop;
  my @it = $met ? facts($target) : ();
  my $ours = @it && $it[1] == $us;
  stop_hearing() if $ours;
  $ticks += 1;
  listen_($ours || ($met && $events) ? 0.25 : !$met && !$events && $ticks < 2000 ? 0.001 : 0.01);
}

my @left = grep { !is_dead(facts($_)) } descendants($us);
say_('left', map { $_ . ':' . name_of($_) } @left) if @left && !$dying;
for my $round (1 .. 5000) {
  my @rest = descendants($us);
  last unless @rest;
  my %groups;
  for my $pid (@rest) { my @it = facts($pid); $groups{$it[2]} = 1 if @it && $it[2] > 1 && $it[2] != getpgrp }
  kill 9, map { -$_ } keys %groups;
  kill 9, @rest;
  reap($_) for children($us);
  select undef, undef, undef, 0.001 if $round > 1;
}
say_('exit', $target, $status);
`;

export const FOLLOWER_PROGRAM = [BEGIN, FOLLOWER_PROC, FOLLOWER_HISTORY, RUN].join('');
