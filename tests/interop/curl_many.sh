#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 200 connections at once, each fetching a file of its own; every byte compared.
. "$(dirname "$0")/lib.sh"
need curl python3 sha256sum
enter "$@"
COUNT=${COUNT:-200}

mkdir "$WORK/site" "$WORK/got"
seeded 52428800 "$WORK/all"
for i in $(seq "$COUNT"); do
    # Files that differ in content and in length, odd ones too.
    tail -c "+$((i * 1000))" "$WORK/all" | head -c $((65536 + i * 977)) >"$WORK/site/f$i"
    printf 'url = "http://10.7.0.2/f%d"\noutput = "%s/f%d"\n' "$i" "$WORK/got" "$i"
done >"$WORK/config"

background serve "$SEVEN" serve http --root "$WORK/site" -s
wait_for 10.7.0.2 80
curl -sS --parallel --parallel-immediate --parallel-max "$COUNT" --config "$WORK/config" ||
    fail "curl: exit $?"
for i in $(seq "$COUNT"); do
    cmp -s "$WORK/site/f$i" "$WORK/got/f$i" || fail "file $i differs"
done
ok "$COUNT transfers at once, all equal"
until_true 5 test "$(in_state state established)" -eq 0 || fail "connections are left: $("$SEVEN" ss -t)"
ok "no connection is left"
