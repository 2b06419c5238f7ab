#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Three switches in a ring, a host of the kernel behind each: the spanning tree opens the ring, no frame goes round, and
# a cut heals within three seconds. Then the kernel's own bridge, which speaks the protocol of 1998, in a ring with two.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/switch_lib.sh"
enter "$@"
need ip ping python3 tshark

for h in a b c; do host $h; done
ring() { ip link add "$1l" type veth peer name "$1r" && ip link set "$1l" up && ip link set "$1r" up; }
ring ab && ring bc && ring ca || skip "no veth pairs to be had"
switch one --stp --priority 4096 --lldp --name one -w "$WORK/ring.pcapng" -i tap:sva,edge -i packet:abl -i packet:car
ONE=$LAST
switch two --stp --lldp --name two -i tap:svb,edge -i packet:abr -i packet:bcl
TWO=$LAST
switch three --stp --lldp --name three -i tap:svc,edge -i packet:bcr -i packet:cal
THREE=$LAST
BEGAN=$(date +%s%N)
plug a sva 10.2.0.1/24
plug b svb 10.2.0.2/24
plug c svc 10.2.0.3/24

discarding() { "$SEVEN" bridge link | grep -c 'state discarding role alternate'; }
one_discards() { [ "$(discarding)" = 1 ] && [ "$("$SEVEN" bridge link | grep -c 'state forwarding')" = 8 ]; }
until_true 3 one_discards || fail "the ring did not settle: $("$SEVEN" bridge link)"
took=$((($(date +%s%N) - BEGAN) / 1000000))
ok "the ring is open: one port discards, eight forward, $took ms after the last switch started"
for to in 10.2.0.2 10.2.0.3; do pings_soon 30 a $to || fail "a does not reach $to"; done
ok "every host reaches every other"

total() { "$SEVEN" bridge -j -s link --pid "$1" | python3 -c '
import json, sys
print(sum(p["stats64"]["rx"]["packets"] for p in json.load(sys.stdin)))'; }
BEFORE=$(total "$TWO")
at a ping -b -c 20 -i 0.05 -W 1 -q 10.2.0.255 >/dev/null 2>&1
sleep 1
CROSSED=$(($(total "$TWO") - BEFORE))
[ "$CROSSED" -lt 150 ] || fail "20 broadcasts became $CROSSED frames at one switch"
ok "no storm: 20 broadcasts were $CROSSED frames at the second switch, answers and BPDUs counted"

# The cable between one and two is pulled, while a pings b ten times a second.
at a ping -i 0.1 -W 1 -O -D -w 5 10.2.0.2 >"$WORK/ping.out" 2>&1 &
PINGER=$!
sleep 1
ip link set abl down
wait $PINGER
HEAL=$(python3 - "$WORK/ping.out" <<'PY'
import re, sys
times = [float(m.group(1)) for m in re.finditer(r"^\[([\d.]+)\] \d+ bytes from", open(sys.argv[1]).read(), re.M)]
print(int(max(b - a for a, b in zip(times, times[1:])) * 1000))
PY
)
[ "${HEAL:-9999}" -lt 3000 ] || fail "the cut healed in ${HEAL:-no time} ms: $(tail -3 "$WORK/ping.out")"
ok "a pulled cable heals: the longest silence was $HEAL ms"
is "no port discards now" "$(discarding)" 0
ip link set abl up
until_true 30 one_discards || fail "the ring did not settle again: $("$SEVEN" bridge link)"
pings_soon 30 a 10.2.0.2 || fail "after the cable is back a does not reach b"
ok "with the cable back the ring is open again"

# What a host's own interface is set to is the cable to it.
at c ip link set svc down
svc_is() { [ "$(field link ifname=svc -- flags)" = "$1" ]; }
until_true 30 svc_is "[]" || fail "the host's interface is down, the port is not: $("$SEVEN" bridge link)"
at c ip link set svc up
until_true 30 svc_is "['UP', 'LOWER_UP']" || fail "the port stays down: $("$SEVEN" bridge link)"
pings_soon 30 c 10.2.0.1 || fail "after its interface is up again c does not reach a"
ok "a TAP that is set down is a pulled cable"

heard() { "$SEVEN" bridge lldp --pid "$ONE" | grep -q two; }
until_true 30 heard || fail "LLDP: $("$SEVEN" bridge lldp)"
ok "neighbours know each other by LLDP"
stop "$THREE"
stop "$TWO"
stop "$ONE"
WRONG=$(malformed "$WORK/ring.pcapng")
[ -z "$WRONG" ] || fail "tshark finds malformed frames: $WRONG"
ok "tshark finds nothing malformed"
tshark -r "$WORK/ring.pcapng" \
    -Y "lldp.tlv.system.name == \"one\" && lldp.tlv.enable_system_cap.bridge == 1" 2>/dev/null |
    grep -q LLDP || fail "tshark does not read our LLDP"
tshark -r "$WORK/ring.pcapng" -Y "stp.version == 2 && stp.flags.agreement == 1" 2>/dev/null | grep -q STP ||
    fail "tshark sees no agreement"
ok "tshark reads our LLDP, and the handshakes of the spanning tree"

# --- with the kernel's bridge ---
ip link set abl down
if ! ip link add name br0 type bridge stp_state 1 forward_delay 400 hello_time 100 max_age 600 2>/dev/null; then
    echo "skip: $NAME: this kernel has no bridge"
    exit 0
fi
ip link set abr master br0
ip link set car master br0
ip link set br0 up
ip addr add 10.2.0.9/24 dev br0
ip link set abl up
switch four --stp --priority 4096 --hello 1s --max-age 6s --forward-delay 4s -i tap:svd,edge -i packet:abl -i packet:bcl
switch five --stp --hello 1s --max-age 6s --forward-delay 4s -i tap:sve,edge -i packet:bcr -i packet:cal
host d
host e
plug d svd 10.2.0.4/24
plug e sve 10.2.0.5/24
kernel_follows() { ip -d -j link show br0 | python3 -c '
import json, sys
d = json.load(sys.stdin)[0]["linkinfo"]["info_data"]
sys.exit(d["root_port"] == 0 or d["root_path_cost"] == 0)'; }
until_true 30 kernel_follows || fail "the kernel's bridge does not take us for the root: $(ip -d link show br0)"
ok "the kernel's bridge follows our root"
pings_soon 25 d 10.2.0.9 || fail "nothing goes through the ring with the kernel: $("$SEVEN" bridge stp)"
pings_soon 20 e 10.2.0.9 || fail "the second switch does not reach the kernel: $("$SEVEN" bridge stp)"
pings_soon 30 d 10.2.0.5 || fail "d does not reach e"
blocked() { { "$SEVEN" bridge link; bridge link; } | grep -cE "state (discarding|blocking)"; }
settled() { [ "$(blocked)" = 1 ]; }
until_true 30 settled || fail "not one port is blocked: $("$SEVEN" bridge link; bridge link)"
ok "a ring of two of ours and the kernel's bridge has one blocked port"
ip -d link show br0 >/dev/null
is "to the kernel the old protocol is spoken" "$(field link ifname=abl -- rapid)" False
ip link del br0
