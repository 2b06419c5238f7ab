#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven private: its command's own status, nothing of the host's network, nothing left.
. "$(dirname "$0")/lib.sh"
need ip
[ -n "${SEVEN_INSIDE:-}" ] || { SEVEN=$(readlink -f "$SEVEN"); [ -x "$SEVEN" ] || skip "no program at $SEVEN"; }
why=$("$SEVEN" private -- true 2>&1) || skip "$why"
begin
before=$(ip -o link)
"$SEVEN" private -- sh -c 'exit 7'
[ $? -eq 7 ] || fail "the command's status is lost"
"$SEVEN" private -- /nonexistent/command 2>"$WORK/not.log"
[ $? -eq 127 ] || fail "a command that is not there should give 127"
grep -q '^seven private: /nonexistent/command: ' "$WORK/not.log" || fail "and say so"
"$SEVEN" private -- ip -o addr >"$WORK/inside.log" || fail "ip addr"
grep -q 'seven0.*10\.7\.0\.1/24' "$WORK/inside.log" || fail "seven0 is not addressed in there"
[ "$(ip -o link)" = "$before" ] || fail "the host's interfaces have changed"
ok "status, device and address are right; the host is as before"
