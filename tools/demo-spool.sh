#!/bin/sh
# Makes a spool, drops three programs into it, runs each in a throwaway domain of its own, side by side,
# and shows what came of them.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
DOMSTART_STATE=$folder/state
export DOMSTART_STATE

mkdir -p "$folder/spool/in"
program() {
    cat >"$folder/spool/in/$1"
}
program hello.sh <<'END'
#!/bin/sh
echo "hello from $(hostname), $(uname -r)"
END
program primes.sh <<'END'
#!/bin/sh
seq 2 200 | while read -r n; do factor "$n" | grep -q ': [0-9]*$' && echo "$n"; done >/root/result/primes
echo "$(wc -l </root/result/primes) primes below 200"
END
program broken.sh <<'END'
#!/bin/sh
echo "this one fails" >&2
exit 3
END

./bin/domstart spool "$folder/spool" --job jobs/spool.conf --drain || true
echo
cd "$folder/spool"
for result in done/* failed/*; do
    echo "== $result (exit status $(cat "$result/status"))"
    grep -v 'reboot: Power down' "$result/console.log" | sed 's/^/   /'
    find "$result/output" -type f 2>/dev/null | sed 's/^/   handed back: /'
done
