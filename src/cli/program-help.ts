/** What follows the options in `--help` of the commands. */

export const IMPORT_HELP = `
Exit status: 0 printed, 65 it is a program, is broken or cannot be said, 66 it is missing.

With --json: {file, kind, imported, lines, diagnostics}; kind is plain, program or broken.

Examples:
  domstart import xen /etc/xen/guest.cfg >> guest.conf
  domstart import xen --json old.cfg | jq .kind`;

export const EXPORT_HELP = `
Exit status: 0 printed, 64 a variable is missing or it is no domain job, 65 it has errors, 66 it is missing.

Examples:
  domstart export xen guest.conf > guest.cfg && xl -N create guest.cfg
  domstart export xen jobs/rc-noklus.conf FILE=load.sh`;

export const EXAMPLES = `
Examples:
  domstart setup                              once: QEMU, kernel, busybox
  domstart run jobs/rc-noklus.conf            run a job in a throwaway domain
  domstart run jobs/rc-noklus.conf --emit run-program FILE=./mine.sh
  domstart check jobs                         explain errors in job files
  domstart doctor                             what can this host do?
  domstart daemon --confdir jobs              serve a folder of jobs (docs/daemon.md)
  domstart emit run-program FILE=./mine.sh    ask that daemon
  domstart spool queue --job jobs/spool.conf  run what is dropped into queue/in`;

export const RUN_FILES = `Where a job starts on a file event (docs/file-events.md) it goes on until it is interrupted, unless
--emit says which events there are: then only until nothing is left to do. A file event that is given
with --emit takes the place of the files. In its jobs initctl asks this run, never a daemon.`;

export const RUN_EXAMPLES = `
Examples:
  domstart run job.conf                       emit startup, then wait for the end
  domstart run job.conf --emit run-program FILE=./mine.sh
  domstart run jobs --emit startup --emit net-device-up IFACE=eth0
  domstart run job.conf --json | jq 'select(.type == "result")'`;

export const COMPLETION_HELP = `
Examples:
  source <(domstart completion bash)          this shell; in ~/.bashrc: every shell
  domstart completion zsh > ~/.zfunc/_domstart
  domstart completion fish > ~/.config/fish/completions/domstart.fish`;

export const CHECK_HELP = `
Exit status: 0 all valid (with --strict: and no warnings, otherwise 1), 65 errors found, 66 a file
is missing.

NAME.override is read on top of the NAME.conf beside it, and told of as a file of its own. Warnings
about events and jobs that are not there need a folder: of a file by itself nobody knows what else
is loaded. What other programs emit is named by a line \`emits EVENT\`.

With --json, each line is {file, dialect, valid, diagnostics: [{severity, code, line, column,
endLine, endColumn, message, hint, related}]}; lines and columns count from 1, ends are exclusive.
hint is null where there is none; related, {line, column, endLine, endColumn, message}, is there
where another place explains this one. A file that cannot be read has a line too, with the code
unreadable.

Examples:
  domstart check /etc/init                    every job of a folder, and the jobs together
  domstart check --strict --json job.conf
  domstart check --dialect event.d tty1`;

export const FMT_HELP = `
Exit status: 0 done (or, with --check, nothing to do), 1 --check found files that would be changed,
65 a file has errors and was left alone, 66 a file is missing.

With --json, each line is {file, dialect, valid, changed, diagnostics}; for standard input also text.

Examples:
  domstart fmt jobs                           format all job files of a folder
  domstart fmt --check jobs                   in CI: fail where one is not formatted
  domstart fmt - < job.conf                   print it formatted`;

export const CONVERT_HELP = `
Exit status: 0 converted, 65 the file has errors, or what cannot be said in the other dialect,
66 it is missing. Warnings tell what may not mean the same.

NAME.override beside NAME.conf is converted with it: the job is what both make of it.

With --json: {file, dialect, to, converted, text, diagnostics}; text is absent where it failed.
override: {file, diagnostics} is there where there is one.

Examples:
  domstart convert --to init /etc/event.d/tty1 > tty1.conf
  domstart convert --to event.d /etc/init/cron.conf`;

export const SHOW_CONFIG_HELP = `
Exit status: 0, 65 a file has errors, 66 a file is missing.

With --json, each line is {file, name, emits, startOn, stopOn}; conditions are
{kind: "match", event, operands: [{name, negated, value}]} or {kind: "and" | "or", left, right}.

Examples:
  domstart show-config                        the jobs of the running daemon
  domstart show-config /etc/init
  domstart show-config --json jobs | jq -r .name`;

export const DAEMON_HELP = `
Default places: as root /etc/domstart, /var/log/domstart and /run/domstart/control; otherwise
~/.config/domstart, ~/.local/state/domstart/log and $XDG_RUNTIME_DIR/domstart/control, which without
XDG_RUNTIME_DIR is /tmp/domstart-UID/control.

SIGTERM and SIGINT stop everything in order (session-end TYPE=shutdown, then every job), a second
one at once. SIGHUP reads the job files again.

Exit status: 0 stopped, 64 wrong usage, 69 another daemon has the socket, 74 the host said no.

Examples:
  domstart daemon                             as root: the jobs of /etc/domstart
  domstart daemon --print-unit > /etc/systemd/system/domstartd.service
                                              as root: then systemctl enable --now domstartd
  domstart daemon --confdir ./jobs --socket ./control --logdir ./logs
  domstart --socket ./control list            ask it; domstart --help has all commands
  domstart daemon --confdir /etc/event.d      jobs of Upstart 0.3, run as it ran them`;
