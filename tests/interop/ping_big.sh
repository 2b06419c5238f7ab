#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# ping in both directions, small, without data, and so large that it travels in 41 fragments.
. "$(dirname "$0")/lib.sh"
need ping
enter "$@"

background serve "$SEVEN" serve echo
wait_for 10.7.0.2 7
for size in 56 0 1472 1473 60000 65507; do
    ping -q -n -c 3 -i 0.2 -W 2 -s "$size" 10.7.0.2 >"$WORK/ping.log" 2>&1 || fail "ping -s $size"
    grep -q ' 3 received, 0% packet loss' "$WORK/ping.log" || fail "ping -s $size: answers are missing"
    ok "kernel -> Seven: ping -s $size 3/3"
done
stop "$LAST"
for size in 56 0 1472 1473 60000 65507; do
    "$SEVEN" ping -c 3 -i 200ms -W 2 -s "$size" 10.7.0.1 >"$WORK/ping.log" 2>&1 || fail "seven ping -s $size"
    grep -q '^3 packets transmitted, 3 received, 0% packet loss' "$WORK/ping.log" || fail "seven ping -s $size"
    lines=$(grep -c "^$((size + 8)) bytes from 10.7.0.1: icmp_seq=" "$WORK/ping.log")
    [ "$lines" -eq 3 ] || fail "the lines of -s $size"
    ok "Seven -> kernel: seven ping -s $size 3/3"
done
"$SEVEN" ping -c 1 -W 500ms 10.7.0.9 >"$WORK/ping.log" 2>&1
[ $? -eq 1 ] || fail "an address that nobody has gave another status than 1"
ok "nobody at 10.7.0.9: exit status 1"
