#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Hosts of the kernel behind seven switch: two VLANs and a trunk. They reach each other within a VLAN and not across;
# super-frames cross whole, tagged and cut; who moves is followed at once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/switch_lib.sh"
enter "$@"
need ip ping iperf3 python3 tshark

for h in a b c d e t; do host $h; done
ip link add trl type veth peer name trr || skip "no veth pair to be had"
ip link set trl up
ip link set trr up
switch left -i tap:sva,access=10 -i tap:svb,access=10 -i tap:svc,access=20 -i packet:trl,trunk=10,20 \
    -i tap:svt,trunk=10,native=20 -w "$WORK/all.pcapng"
LEFT=$LAST
switch right -i tap:svd,access=10 -i tap:sve,access=20 -i packet:trr,trunk=10,20
plug a sva 10.1.0.1/24
plug b svb 10.1.0.2/24
plug c svc 10.1.0.3/24
plug d svd 10.1.0.4/24
plug e sve 10.1.0.5/24
plug t svt

pings_soon 30 a 10.1.0.2 || fail "a does not reach b in its VLAN"
pings_soon 30 a 10.1.0.4 || fail "a does not reach d, behind the trunk, in its VLAN"
pings_soon 30 c 10.1.0.5 || fail "c does not reach e, behind the trunk, in its VLAN"
ok "ping within a VLAN, on one switch and over a trunk to another"
for pair in "a 10.1.0.3" "c 10.1.0.1" "a 10.1.0.5" "c 10.1.0.4"; do
    # shellcheck disable=SC2086
    pings $pair && fail "across VLANs: $pair"
done
ok "no ping across VLANs"

RATE=$(mbit a b 10.1.0.2)
[ "${RATE:-0}" -gt 50 ] || fail "iperf3 within a VLAN: ${RATE:-nothing} Mbit/s"
ok "iperf3 within a VLAN: $RATE Mbit/s"
RATE=$(mbit a d 10.1.0.4)
[ "${RATE:-0}" -gt 50 ] || fail "iperf3 over the trunk: ${RATE:-nothing} Mbit/s"
ok "iperf3 over the trunk, its super-frames tagged: $RATE Mbit/s"
at a timeout 3 iperf3 -c 10.1.0.3 -t 1 --connect-timeout 1000 >/dev/null 2>&1 && fail "iperf3 across VLANs"
ok "no iperf3 across VLANs"

# A speaker of its own on a trunk port: asks for a tagged, with a priority, and untagged for c (native VLAN 20).
at t python3 - svt >"$WORK/speaker" 2>&1 <<'PY' || fail "the trunk's speaker: $(cat "$WORK/speaker")"
import socket, struct, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
s.setsockopt(263, 8, 1)  # PACKET_AUXDATA: the kernel tells a tag beside the frame
s.settimeout(0.2)
me = bytes.fromhex("020000000077")

def ask(tag, last):
    arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, me, bytes([10, 1, 0, 99]), bytes(6),
                      bytes([10, 1, 0, last]))
    s.send(b"\xff" * 6 + me + tag + b"\x08\x06" + arp)
    end = time.time() + 2
    while time.time() < end:
        try:
            data, extra, _, _ = s.recvmsg(2048, 256)
        except TimeoutError:
            continue
        tci = None
        for level, kind, value in extra:
            if level == 263 and kind == 8 and struct.unpack_from("I", value)[0] & 0x10:
                tci = struct.unpack_from("H", value, 16)[0]
        if data[12:14] == b"\x81\x00":
            tci, data = struct.unpack_from("!H", data, 14)[0], data[:12] + data[16:]
        if data[:6] == me and data[12:14] == b"\x08\x06" and data[21] == 2 and data[31] == last:
            return tci
    return "nothing"

got = ask(b"\x81\x00\xa0\x0a", 1), ask(b"", 3), ask(b"\x81\x00\x00\x14", 3)
print(*got)
# In VLAN 10 the answer is tagged; in the native one it is not; VLAN 20 tagged is taken and answered untagged.
sys.exit(got != (10, None, None))
PY
ok "a trunk port's tags, read and written by a program of its own: $(cat "$WORK/speaker")"
if at t ip link add link svt name v10 type vlan id 10 2>/dev/null; then
    at t ip addr add 10.1.0.110/24 dev v10
    at t ip link set v10 up
    pings_soon 30 a 10.1.0.110 || fail "a does not reach the kernel's VLAN interface"
    RATE=$(mbit t a 10.1.0.1)
    [ "${RATE:-0}" -gt 50 ] || fail "iperf3 from the kernel's VLAN interface: ${RATE:-nothing} Mbit/s"
    ok "a VLAN interface of the kernel's on the trunk: $RATE Mbit/s"
else
    echo "skip: $NAME: this kernel has no VLAN interfaces (8021q)"
fi

MAC=$(mac_of a sva)
is "the station tables say where a is" "$(field fdb mac="$MAC" -- ifname | paste -sd' ')" "sva trr"
is "and in which VLAN" "$(field fdb mac="$MAC" ifname=sva -- vlan)" 10
"$SEVEN" bridge vlan | grep -q "trl *10" || fail "seven bridge vlan: $("$SEVEN" bridge vlan)"
ok "seven bridge vlan knows the trunk"

# The host behind a moves to b's port: its address and its MAC are heard there.
at a ip link set sva down
at b ip addr del 10.1.0.2/24 dev svb
at b ip link set svb down
at b ip link set svb address "$MAC"
at b ip link set svb up
at b ip addr add 10.1.0.1/24 dev svb
at b ping -c 1 -W 1 -q 10.1.0.4 >/dev/null
is "who moves is relearnt by its first frame" "$(field fdb mac="$MAC" -- ifname | paste -sd' ')" "svb trr"
pings d 10.1.0.1 || fail "after the move nothing goes through"
ok "and reached at its new port"

stop "$LEFT"
WRONG=$(malformed "$WORK/all.pcapng")
[ -z "$WRONG" ] || fail "tshark finds malformed frames: $WRONG"
ok "tshark finds nothing malformed"
# iperf3's noise is neither to be guessed at nor put together: now and then that took minutes.
tshark -n -r "$WORK/all.pcapng" "${PAYLOAD_IS_DATA[@]}" -o tcp.desegment_tcp_streams:false \
    -Y "vlan.id == 10 && icmp" -T fields -e frame.interface_name 2>/dev/null | sort -u | grep -q trl ||
    fail "no tagged ICMP at the trunk in the capture"
ok "the capture shows the tags, each port an interface"
