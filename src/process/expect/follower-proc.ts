/** Part of the helper (follower-program.ts): what /proc says of processes. */
export const FOLLOWER_PROC = String.raw`
sub facts {
  open my $file, '<', "/proc/$_[0]/stat" or return;
  local $/;
  my $text = <$file>;
  return unless defined $text && $text =~ s/^.*\) //s;
  return split ' ', $text;
}
sub is_dead { my @it = @_; return !@it || ($it[0] =~ /[ZX]/ && $it[17] <= 1) }

# Of a process with these facts, in seconds, to 10 ms.
sub age {
  open my $file, '<', '/proc/uptime' or return 0;
  return <$file> =~ /^([\d.]+)/ ? $1 - $_[19] / 100 : 0;
}

sub name_of {
  open my $file, '<', "/proc/$_[0]/comm" or return '?';
  my $name = <$file>;
  $name = '?' unless defined $name;
  $name =~ s/\s+$//;
  $name =~ s/\s/_/g;
  return $name;
}

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
`;
