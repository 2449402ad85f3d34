/**
 * Runs a command among processes, mounts and names of its own. The kernel ends all its processes and
 * takes all its mounts away when the first of them is gone: nobody has to, and nobody can forget it.
 * Without root the user is root in there, with the subordinate ids of /etc/subuid beside.
 */
export function isolated(
  command: readonly string[],
  { root }: { readonly root: boolean },
): readonly [string, ...string[]] {
  const user = root ? [] : ['--map-root-user', '--map-auto'];
  const own = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
  return ['unshare', ...user, ...own, '--', ...command];
}
