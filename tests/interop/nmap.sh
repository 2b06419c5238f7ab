#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What nmap's scans are answered, against RFC 9293 §3.10.7: a closed port answers every segment but an RST with
# an RST (3.10.7.1); a listening one answers SYN, resets an ACK, and drops what has neither (3.10.7.2).
. "$(dirname "$0")/lib.sh"
need nmap python3
enter "$@"

background serve "$SEVEN" serve http --root /usr/share --port 80 -s echo
wait_for 10.7.0.2 80

# scan FLAG: "port state" of every port that is listed, and the count of the others by state.
scan() {
    nmap -n -Pn --send-ip -T5 --max-retries 2 --max-rtt-timeout 300ms "-s$1" -p1-1000 -oX "$WORK/scan.xml" \
        10.7.0.2 >"$WORK/nmap.log" 2>&1 || fail "nmap -s$1"
    python3 - "$WORK/scan.xml" <<'PY'
import sys, xml.etree.ElementTree as T
ports = T.parse(sys.argv[1]).find("host/ports")
states = {}
for p in ports.findall("port"):
    states.setdefault(p.find("state").get("state"), []).append(int(p.get("portid")))
for e in ports.findall("extraports"):
    states[e.get("state")] = states.get(e.get("state"), []) + [0] * int(e.get("count"))
print(" ".join("%s=%s" % (s, ",".join(map(str, p)) if len(p) < 5 else len(p)) for s, p in sorted(states.items())))
PY
}
expect() {
    local got
    got=$(scan "$1")
    [ "$got" = "$2" ] || fail "-s$1: \"$got\", and RFC 9293 says \"$2\""
    ok "-s$1: $got"
}
expect S 'closed=998 open=7,80'
expect F 'closed=998 open|filtered=7,80'
expect X 'closed=998 open|filtered=7,80'
expect N 'closed=998 open|filtered=7,80'
expect A 'unfiltered=1000'
