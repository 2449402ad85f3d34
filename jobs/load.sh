#!/bin/sh
# The program that rc-noklus.conf runs: it looks for a network, finds none, and
# shows that it is nearly alone in its machine.

ping -c 1 10.0.2.2

echo
ps -o pid,ppid,comm | awk '
    # The kernel calls its own threads children of process 2.
    NR == 1      { next }
    $2 == 2      { threads++; next }
                 { name[$1] = $3; children[$2] = children[$2] " " $1 }
    END          { show(0, "") }

    function show(parent, indent,    count, pids, i, last) {
        count = split(children[parent], pids, " ")
        for (i = 1; i <= count; i++) {
            last = parent == 0 ? "" : i == count ? "`-" : "|-"
            print indent last name[pids[i]] (pids[i] == 2 ? " and " threads " kernel threads" : "")
            show(pids[i], indent (parent == 0 ? "" : i == count ? "  " : "| "))
        }
    }
'
