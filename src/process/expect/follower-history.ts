/**
 * Part of the helper (follower-program.ts): who forked whom, in which order, and who has executed a
 * program since.
 *
 *   events   the kernel tells of every fork, exec and exit as it happens, and nothing is missed: the
 *            process connector (linux/cn_proc.h), for root outside of containers. Whether it speaks
 *            here shows in the fork of the command
 *   looks    elsewhere, and when events were lost: /proc is looked at again and again. A process that
 *            came and went between two looks is known by the session or group that it left, which a
 *            daemon makes
 */
export const FOLLOWER_HISTORY = String.raw`
my ($births, %parent, %order, %ran, %gone) = (0);
my ($events, $heard, %image, %unsure);

sub born {
  my ($pid, $by) = @_;
  $parent{$pid} = $by;
  $order{$pid} = $births += 1;
  delete $ran{$pid};
  delete $gone{$pid};
}

# 16, 2, 11: AF_NETLINK, SOCK_DGRAM, NETLINK_CONNECTOR; 1, 33: SO_RCVBUFFORCE; 4, 2048: O_NONBLOCK.
sub hear {
  socket($events, 16, 2, 11) or return stop_hearing();
  setsockopt $events, 1, 33, pack('l', 4 << 20);
  bind($events, pack('S S L L', 16, 0, 0, 1)) && fcntl($events, 4, 2048) && ask(1) or stop_hearing();
}
# 1: tell me; 2: no more.
sub ask { return syswrite $events, pack('L S S L5 L S S L', 40, 3, 0, 0, $us, 1, 1, 0, 0, 4, 0, $_[0]) }
sub stop_hearing {
  return unless $events;
  ask(2) if fileno $events;
  close $events;
  undef $events;
}

sub begin_history {
  born($main, $us);
  take_events();
  stop_hearing() unless $heard;
}

sub take_history {
  take_events();
  look_around() unless $events || $met;
}

sub take_events {
  while ($events) {
    if (!defined sysread $events, my $bytes, 4096) {
      next if $! == 4;
      # Anything but "no more for now": some were lost.
      stop_hearing() if $! != 11;
      return;
    } else {
      take_event(unpack 'x36 L x12 L4', $bytes) if length $bytes >= 68;
    }
  }
}
sub take_event {
  my ($what, $pid, $group, $third, $fourth) = @_;
  if ($what == 1) {
    $heard = 1 if $group == $us && $third == $main;
    born($third, $group) if $third == $fourth && $group != $us && exists $parent{$group};
  } elsif (exists $parent{$group}) {
    $ran{$group} = 1 if $what == 2;
    $gone{$group} = $third if $what == 0x80000000 && $pid == $group;
  }
}

sub look_around {
  my %facts = map { my @it = facts($_); @it ? ($_, \@it) : () } descendants($us);
  # As they were forked; the kernel lists them as they became orphans.
  my @all = sort { $facts{$a}[19] <=> $facts{$b}[19] || $a <=> $b } keys %facts;
  for my $pid (@all) {
    my @it = @{$facts{$pid}};
    born($pid, origin($pid, @it)) unless exists $parent{$pid};
    # An exec moves the stack. In the middle of one its place is not final, and no code has one.
    next unless $it[23] && $it[25] && $it[0] !~ /[ZX]/;
    my $forker = $parent{$pid};
    my $before = $image{$pid} || $image{$forker} || 0;
    # Or its forker did, and then forked it, and was gone before we saw.
    if ($image{$pid} || $facts{$forker} && !is_dead(@{$facts{$forker}})) { $ran{$pid} = 1 if $before && $it[25] != $before }
    elsif ($it[25] != $before) { $unsure{$pid} = 1 }
    $image{$pid} = $it[25];
  }
}

# Who forked it. Where it is an orphan, that is a process that we may not have seen.
sub origin {
  my ($pid, @it) = @_;
  return $it[1] if $it[1] != $us;
  for my $id (@it[3, 2], grep { is_dead(facts($_)) } children($target)) {
    next if grep { $_ == $id } 0, $us, $main, $target, $pid;
    born($id, $target) unless exists $parent{$id};
    return $id;
  }
  # PF_EXITING: one that ends gives its children away before it is seen to be dead.
  my @end = facts($target);
  return $target if is_dead(@end) || $end[6] & 4;
  born(-$pid, $target);
  return -$pid;
}
`;
