#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven demo: ends well, in time, in 80 columns, and says what it should.
. "$(dirname "$0")/lib.sh"
need curl python3
SEVEN=$(readlink -f "$SEVEN")
[ -x "$SEVEN" ] || skip "no program at $SEVEN; set SEVEN"
begin
cd "$WORK" || exit 1
start=$SECONDS
"$SEVEN" demo >demo.log 2>&1 || fail "exit $?"
[ $((SECONDS - start)) -le 60 ] || fail "it took $((SECONDS - start)) s"
for line in 'Hello from a TCP that you can read.' 'SYN seq=0' 'ESTABLISHED' '^2  ' '^3  ' '^4  ' 'sha256 equal' \
    '1,000/1,000' 'done in ' 'Next:'; do
    grep -q -- "$line" demo.log || fail "\"$line\" is missing"
done
[ "$(grep -c 'sha256 equal' demo.log)" -eq 2 ] || fail "both transfers should say sha256 equal"
# Columns, not bytes: the ladder is drawn in UTF-8.
python3 -c '
import sys
wide = [l for l in open("demo.log", encoding="utf-8") if len(l.rstrip("\n")) > 80]
sys.exit("".join(wide)) if wide else None' || fail "wider than 80 columns"
[ -s demo.pcapng ] || fail "demo.pcapng is missing"
ok "$(grep 'done in' demo.log), $(wc -l <demo.log) lines"
