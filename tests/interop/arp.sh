#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# ARP between Seven and the kernel: a question, a probe (RFC 5227 §2.1.1), an announcement that moves a neighbour,
# and an address that somebody has already: Seven does not take it.
. "$(dirname "$0")/lib.sh"
need arping ip python3 unshare nsenter
arping -V 2>&1 | grep -qi iputils || skip "this arping is not iputils' (its options differ)"
enter "$@"

background serve "$SEVEN" serve echo
server=$LAST
wait_for 10.7.0.2 7
arping -q -c 2 -w 3 -I seven0 10.7.0.2 || fail "no answer to arping"
ok "a question is answered"
arping -q -D -c 2 -w 3 -I seven0 10.7.0.2
is "a probe for our address (arping -D) is answered: it is taken" $? 1
arping -q -D -c 1 -w 1 -I seven0 10.7.0.77
is "a probe for another's is not" $? 0

# The kernel's end gets another MAC and says so: the neighbour entry follows.
ping -q -c 1 -W 2 10.7.0.2 >/dev/null || fail "ping"
ip link set seven0 address 02:00:00:00:77:01 || fail "the MAC cannot be changed"
arping -q -U -c 1 -I seven0 10.7.0.1
moved() { "$SEVEN" ip neigh | grep -q '^10.7.0.1 .*lladdr 02:00:00:00:77:01'; }
until_true 3 moved || fail "ip neigh: $("$SEVEN" ip neigh)"
ping -q -c 1 -W 2 10.7.0.2 >/dev/null || fail "no answer after the MAC changed"
ok "a gratuitous ARP moves the neighbour"

# Somebody claims our address while we use it: it is defended (RFC 5227 §2.4 b), the connection goes on.
exec 4<>/dev/tcp/10.7.0.2/7
cat >"$WORK/claim.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)); s.bind(("seven0", 0)); s.settimeout(2)
mac, ip = bytes.fromhex("020000007799"), bytes([10, 7, 0, 2])
s.send(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + ip + bytes(6) + ip)
while True:
    f = s.recv(100)
    if f[6:12] != mac and f[28:32] == ip and f[38:42] == ip and f[:6] == b"\xff" * 6: sys.exit(0)
PY
timeout 5 python3 "$WORK/claim.py" 2>"$WORK/claim.log" || fail "the claim was not answered by an announcement"
ok "a claim on our address is answered by one announcement"
printf 'still here\n' >&4
read -r -t 5 -u 4 got
is "and the connection goes on" "$got" "still here"
exec 4>&- 4<&-
stop "$server"

# On a cable with others (a veth pair, its other end in a namespace of its own): probes come before the first use
# (RFC 5227 §2.1), and what the kernel over there has already is not taken.
unshare -n sleep 100 &
PIDS+=($!)
there=$!
sleep 0.3
if ip link add v0 type veth peer name v1 2>"$WORK/veth.log" && ip link set v0 netns "$there"; then
    over_there() { nsenter -t "$there" -n "$@"; }
    over_there ip addr add 10.9.0.1/24 dev v0
    over_there ip addr add 10.9.0.5/24 dev v0
    over_there ip link set v0 up
    ip link set v1 up
    timeout 30 "$SEVEN" ping --device packet:v1 -a 10.9.0.5/24 -g 10.9.0.1 -c 1 -W 1 10.9.0.1 >"$WORK/ping.log" 2>&1
    is "an address in use is not taken: exit 1" $? 1
    grep -q 'another station uses 10.9.0.5' "$WORK/ping.log" || fail "it does not say why"
    ok "and says: $(grep -o 'another station.*' "$WORK/ping.log")"
    timeout 30 "$SEVEN" ping --device packet:v1 -a 10.9.0.6/24 -g 10.9.0.1 -c 2 -i 200ms -W 1 \
        --capture "$WORK/free.pcapng" 10.9.0.1 >"$WORK/ping.log" 2>&1 || fail "a free address: exit $?"
    ok "a free one is, after its probes"
    if command -v tshark >/dev/null 2>&1; then
        is "three probes and the first announcement, in this order" "$(tshark -n -r "$WORK/free.pcapng" -Y \
            'arp.dst.proto_ipv4 == 10.9.0.6 && arp.opcode == 1 && eth.dst == ff:ff:ff:ff:ff:ff' -T fields \
            -e arp.src.proto_ipv4 2>/dev/null | head -n 4 | tr '\n' ' ')" "0.0.0.0 0.0.0.0 0.0.0.0 10.9.0.6 "
    fi
else
    echo "skip: arp: no veth pair here ($(head -n 1 "$WORK/veth.log")): conflicts were not tried"
fi
