#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A cable of voltage between two processes: behind one end a server of ours, behind the other, through a switch, the
# kernel with its ping and curl. Frames are lost on the way, and TCP repairs that.
. "$(dirname "$0")/lib.sh"
enter "$@"
need curl ping
. "$(dirname "$0")/switch_lib.sh"
export XDG_RUNTIME_DIR=$WORK/run
WIRE=10base-t,length=90m,snr=13.2dB

mkdir "$WORK/www"
seeded 300000 "$WORK/www/file"
pings_it() { ping -6 -c 1 -W 1 -q fd09::2 >/dev/null 2>&1; }
tells() { grep -q "$2" "$WORK/$1.log" 2>/dev/null; }

switch sw -i tap:sw0 -i "cable:lab,$WIRE,seed=1"
ip addr add fd09::1/64 dev sw0 nodad && ip addr add 10.9.0.1/24 dev sw0
background srv "$SEVEN" serve http -i "cable:lab,$WIRE,seed=2" -a fd09::2/64 -g fd09::1 --root "$WORK/www"
SERVER=$LAST
until_true 30 tells srv "http on" || fail "seven serve did not start behind the cable"
until_true 30 pings_it || fail "ping through the cable"
ok "the kernel's ping reaches a stack at the other end of a cable"

timeout 60 curl -s -o "$WORK/got" -g "http://[fd09::2]/file" || fail "curl: $?"
is "a file crosses a cable that loses frames" "$(sum_of "$WORK/got")" "$(sum_of "$WORK/www/file")"

stop "$SERVER"
# "cable lab: N frames sent: N arrived, N with a bad FCS, ... ; N samples, N symbols decided wrongly"
python3 - "$WORK/srv.log" <<'PY' || fail "the server's end: $(grep 'frames sent' "$WORK/srv.log")"
import re, sys
line = [l for l in open(sys.argv[1]) if "frames sent" in l][-1]
n = [int(x) for x in re.findall(r"(\d+) (?:frames|arrived|with|as|never|samples|symbols)", line)]
sent, outcomes, samples, wrong = n[0], n[1:6], n[6], n[7]
assert sent == sum(outcomes), (sent, outcomes)
assert sent > 200 and outcomes[0] < sent, "none was lost: this proves nothing"
assert samples > sent * 64 * 16 and wrong > 0
PY
ok "what became of each frame adds up to what was sent; some were lost"

# Another end takes its place: a switch, with a host of the kernel's behind it.
host far
switch back -i tap:far0 -i "cable:lab,10base-t,length=90m"
plug far far0 10.9.0.3/24
pings_far() { ping -c 1 -W 1 -q 10.9.0.3 >/dev/null 2>&1; }
until_true 30 pings_far || fail "ping after another end came to the cable"
ok "where an end left another may come"

switch auto -i tap:sw1 -i "cable:neg,auto,length=100m"
background fixed "$SEVEN" serve echo -i "cable:neg,10base-t" -a 10.9.1.2/24
until_true 30 tells auto "stays down: half-duplex" || fail "an end that does not negotiate brought the link up"
ok "against an end that does not negotiate the link stays down, and why is told"
stop "$LAST"
background agreed "$SEVEN" serve echo -i "cable:neg,auto,length=100m" -a 10.9.1.2/24
until_true 30 tells auto "negotiated 100base-tx, full duplex" || fail "no negotiation"
ok "two ends that negotiate speak 100BASE-TX"
