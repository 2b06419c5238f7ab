#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A client that is killed in the middle of a transfer leaves nothing behind, and the server goes on serving.
. "$(dirname "$0")/lib.sh"
need curl python3
enter "$@"

mkdir "$WORK/site"
head -c 268435456 /dev/zero >"$WORK/site/big"
echo hello >"$WORK/site/hello.txt"
background serve "$SEVEN" serve http --root "$WORK/site"
wait_for 10.7.0.2 80
sleep 0.3
bufs=$(counter bufs_free) slabs=$(counter slabs_free)
# More of them than slabs that the device may keep: one lost each time would show.
ran=0
for _ in $(seq 40); do
    curl -sS --limit-rate 2M -o /dev/null http://10.7.0.2/big 2>/dev/null &
    victim=$!
    sleep 0.15
    [ "$(in_state state established)" -ge 1 ] && ran=$((ran + 1))
    kill -KILL "$victim"
    wait "$victim" 2>/dev/null
done
[ "$ran" -ge 36 ] || fail "only $ran of 40 transfers ran when they were killed"
gone() {
    [ "$(in_state state established)" -eq 0 ] && [ "$(counter bufs_free)" -eq "$bufs" ] &&
        slabs_back "$slabs"
}
until_true 10 gone || fail "something is left: $("$SEVEN" ss -t -a);" \
    "$(counter bufs_free) of $bufs packets, $(counter slabs_free) of $slabs slabs free"
[ "$(curl -sS http://10.7.0.2/hello.txt)" = hello ] || fail "the server does not answer any more"
ok "40 clients killed: no connection and no packet is left, the server answers"
