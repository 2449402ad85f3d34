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
 * What a fork is: a child that still runs its parent's image (the place of its stack is the same,
 * which an exec changes), while the parent is not held in a vfork; so the commands that a script runs
 * do not count, as they do not for Upstart where the shell runs them with vfork. Or it is an orphan:
 * its parent forked it and ended. An orphan whose grandparent still lives comes from two forks.
 */
export const FOLLOWER_PROGRAM = String.raw`
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

pipe(my $ready, my $failed) or die "pipe: $!";
my $main = fork;
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
open STDIN, '<', '/dev/null';
open STDOUT, '>', '/dev/null';
open STDERR, '>', '/dev/null';
if (open my $script, '<&=', 9) { close $script }
if (sysread $ready, my $errno, 16) { waitpid $main, 0; say_('fail', $errno); exit 1 }
say_('main', $main);

my ($target, $count, $met, $stop, $dying, $input) = ($main, 0, 0, 0, 0, '');
my ($image, $known, $status, %seen, %status) = (0, 0, '?');
$seen{$main} = 1;
$SIG{CHLD} = sub {};
$SIG{$_} = sub { $dying = 1 } for qw(TERM INT HUP);

sub facts {
  open my $file, '<', "/proc/$_[0]/stat" or return;
  local $/;
  my $text = <$file>;
  return unless defined $text && $text =~ s/^.*\) //s;
  return split ' ', $text;
}
sub is_dead { my @it = @_; return !@it || ($it[0] =~ /[ZX]/ && $it[17] <= 1) }

my $quick = -e "/proc/$us/task/$us/children";
sub children {
  my ($pid) = @_;
  my @found;
  if ($quick) {
    opendir my $tasks, "/proc/$pid/task" or return;
    for my $task (sort { $a <=> $b } grep { /^\d+$/ } readdir $tasks) {
      open my $file, '<', "/proc/$pid/task/$task/children" or next;
      my $line = <$file>;
      push @found, split ' ', $line if defined $line;
    }
    return @found;
  }
  opendir my $all, '/proc' or return;
  for my $it (sort { $a <=> $b } grep { /^\d+$/ } readdir $all) {
    my @it = facts($it);
    push @found, $it if @it && $it[1] == $pid;
  }
  return @found;
}
sub descendants { return map { ($_, descendants($_)) } children($_[0]) }

# As they were forked; the kernel lists them as they became orphans.
sub in_order {
  my %start = map { ($_, (facts($_))[19] || 0) } @_;
  return sort { $start{$a} <=> $start{$b} || $a <=> $b } @_;
}

sub follow {
  my ($pid) = @_;
  $target = $pid;
  $seen{$pid} = 1;
  $count += 1;
  say_('fork', $pid);
  met() if $count >= $want;
}
sub met { $met = 1; say_('met') }

sub shares_image { my @it = facts($_[0]); return @it && $it[0] !~ /[ZX]/ && $it[25] == $image }
sub is_fork {
  my ($child) = @_;
  return 0 unless shares_image($child);
  my @parent = facts($target);
  return @parent && $parent[0] ne 'D' && $parent[25] == $image && shares_image($child);
}

# One look: true where something was found, so that it is worth to look again at once.
sub look {
  my @it = facts($target);
  my $dead = is_dead(@it);
  my @mine = children($us);
  my @orphans = in_order(grep { !$seen{$_} } @mine);
  if (!$met) {
    if (!$dead) {
      if ($count && $known && $it[25] && $it[25] != $known) { met(); return 1 }
      $image = $it[25] if $it[25];
      for my $child (children($target)) {
        next if $seen{$child} || !is_fork($child);
        $known = $image;
        $seen{$_} = 1 for children($target);
        follow($child);
        return 1;
      }
      if (@orphans && !$count) {
        return 1 if is_dead(facts($target));
        my @orphan = facts($orphans[0]);
        my @between = grep { is_dead(facts($_)) } children($target);
        push @between, grep { $_ && $_ != $main && $_ != $us && $_ != $orphans[0] } @orphan[3, 2];
        @between = grep { !$seen{$_} } @between;
        $count = $want - 1 unless @between;
        follow(@between ? $between[0] : $orphans[0]);
        return 1;
      }
    } elsif (@orphans) {
      remember();
      $known = (facts($orphans[0]))[25];
      follow($orphans[0]);
      return 1;
    }
  }
  if ($dead) { remember(); $stop = 1 }
  # What is not reaped yet may still turn out to be the one to follow.
  for my $pid (@mine) { reap($pid) if $pid != $target && ($met || $seen{$pid}) }
  return 0;
}

# How the target ended, before anybody else takes it.
sub remember {
  my @it = facts($target);
  my $exit = @it ? $it[49] : undef;
  reap($target);
  $status = defined $status{$target} ? $status{$target} : defined $exit ? $exit : '?';
}
sub reap {
  my ($pid) = @_;
  $status{$pid} = ${'$'}{^CHILD_STATUS_NATIVE} if waitpid($pid, 1) == $pid;
}

sub listen_ {
  my ($timeout) = @_;
  my $bits = '';
  vec($bits, fileno($socket), 1) = 1;
  return unless select($bits, undef, undef, $timeout) > 0;
  if (!sysread $socket, $input, 4096, length $input) { $dying = 1; return }
  while ($input =~ s/^(\w+) (\d+)\n//) {
    my ($what, $signal) = ($1, $2);
    my @it = facts($target);
    next unless @it;
    if ($what eq 'reload') { kill $signal, $target; next }
    kill $signal, -$it[2] if $it[2] > 1;
  }
}

sub name_of {
  open my $file, '<', "/proc/$_[0]/comm" or return '?';
  my $name = <$file>;
  $name = '?' unless defined $name;
  $name =~ s/\s+$//;
  $name =~ s/\s/_/g;
  return $name;
}

my $ticks = 0;
until ($stop || $dying) {
  next if look();
  last if $stop;
  my @it = $met ? facts($target) : ();
  my $ours = @it && $it[1] == $us;
  $ticks += 1;
  listen_($met ? ($ours ? 0.25 : 0.01) : $ticks < 2000 ? 0.001 : 0.01);
}

my @left = grep { !is_dead(facts($_)) } descendants($us);
say_('left', map { $_ . ':' . name_of($_) } @left) if @left && !$dying;
for my $round (1 .. 5000) {
  my @rest = descendants($us);
  last unless @rest;
  my %groups;
  for my $pid (@rest) { my @it = facts($pid); $groups{$it[2]} = 1 if @it && $it[2] != getpgrp }
  kill 9, map { -$_ } keys %groups;
  kill 9, @rest;
  reap($_) for children($us);
  select undef, undef, undef, 0.001 if $round > 1;
}
say_('exit', $target, $status);
`;
