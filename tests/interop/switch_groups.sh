#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Hosts of the kernel behind one seven switch that asks for groups itself: multicast goes to who joined and to nobody
# else, ARP is answered for whom the switch knows, jumbo frames pass where both ports take them, and a switch that ends
# says good-bye. What the switch sent is judged by tshark.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/switch_lib.sh"
enter "$@"
need ip ping python3 tshark

for h in a b c; do host $h; done
mkdir -m 700 "$WORK/other" # where seven bridge does not see the second switch
switch left --querier --querier-address 10.2.0.254 --strict --proxy-arp --lldp --name left --mtu 9000 -v \
    -i tap:sva -i tap:svb -i tap:svc,mtu=1500 -i "unix:$WORK/join" -w "$WORK/all.pcapng"
LEFT=$LAST
SEVEN_RUNTIME_DIR=$WORK/other switch right --lldp --name right -i "unix:$WORK/join"
RIGHT=$LAST
plug a sva 10.2.0.1/24
plug b svb 10.2.0.2/24
plug c svc 10.2.0.3/24
pings_soon 30 a 10.2.0.2 && pings_soon 30 a 10.2.0.3 || fail "the hosts do not reach each other"

# join GROUP: in the background on host a, until its standard input ends.
cat >"$WORK/join.py" <<'PY'
import socket, struct, sys
group, device = sys.argv[1], sys.argv[2]
six = ":" in group
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 40007 + six))
if six:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 socket.inet_pton(socket.AF_INET6, group) + struct.pack("@I", socket.if_nametoindex(device)))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton(group) + struct.pack("@II", 0, socket.if_nametoindex(device)))
while True:
    print(s.recv(2000).decode(), flush=True)
PY
joined() { [ "$(field mdb "grp=$1" -- port)" = "$2" ]; }
for group in 239.1.1.1 ff05::42; do
    nsenter -t "${HOST[a]}" -n -- python3 "$WORK/join.py" $group sva >"$WORK/got-$group" 2>"$WORK/join.log" &
    PIDS+=("$!")
    MEMBER=${MEMBER:-$!}
    until_true 30 joined $group sva || fail "$group: $("$SEVEN" bridge mdb)"
    ok "the switch knows $group behind the port of the host that joined, and no other"
done

# What c sees of the group, until a broadcast comes behind it.
cat >"$WORK/watch.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 0))
print("ready", flush=True)
n = 0
while True:
    frame, where = s.recvfrom(2000)
    if where[2] == 4: continue  # our own
    n += frame[:6] in (b"\x01\x00\x5e\x01\x01\x01", b"\x33\x33\x00\x00\x00\x42")
    if b"the end" in frame: break
print(n, flush=True)
PY
nsenter -t "${HOST[c]}" -n -- python3 "$WORK/watch.py" svc >"$WORK/watch" 2>"$WORK/watch.log" &
WATCH=$!
PIDS+=("$WATCH")
until_true 30 grep -q ready "$WORK/watch" || fail "the watching host"
at b python3 - svb <<'PY' || fail "the sending host"
import socket, sys, time
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.2.0.2"))
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for i in range(50): # its address is being looked for by others still
    try:
        six.sendto(b"", ("ff02::1", 40009, 0, socket.if_nametoindex(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)
for i in range(20):
    four.sendto(b"four", ("239.1.1.1", 40007))
    six.sendto(b"six", ("ff05::42", 40008, 0, socket.if_nametoindex(sys.argv[1])))
four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
four.sendto(b"the end", ("10.2.0.255", 40009))
PY
wait "$WATCH"
is "the host that did not join gets none of 40 frames" "$(tail -n 1 "$WORK/watch")" 0
whole() { [ "$(cat "$WORK"/got-* | wc -l)" -eq 40 ]; }
until_true 30 whole || fail "the member got $(cat "$WORK"/got-* | wc -l) of 40"
ok "the host that joined gets them all"
kill "$MEMBER"

# Whom the switch heard of it answers for.
dropped() { "$SEVEN" bridge -j stp | grep -o "\"$1\":[0-9]*" | cut -d: -f2; }
BEFORE=$(dropped ARP_PROXIED)
at a ip neigh flush dev sva
pings_soon 30 a 10.2.0.2 || fail "ping after the neighbour was forgotten"
[ "$(dropped ARP_PROXIED)" -gt "${BEFORE:-0}" ] || fail "the switch did not answer: $(dropped ARP_PROXIED)"
ok "ARP is answered by the switch"

# 8,972 bytes, IP and ICMP, Ethernet: 9,014.
at a ip link set sva mtu 9000
at b ip link set svb mtu 9000
jumbo() { at a ping -c 1 -W 1 -q -M "do" -s 8972 "$1" >/dev/null 2>&1; }
until_true 30 jumbo 10.2.0.2 || fail "a jumbo frame between ports that take it"
jumbo 10.2.0.3 && fail "a jumbo frame by a port of 1,500 bytes"
[ "$(dropped TOO_LONG)" -ge 1 ] || fail "what was too long was not counted"
ok "jumbo frames pass where both ports take them, else they are counted"

gone() { [ -z "$(field mdb grp=239.1.1.1 -- port)" ]; }
until_true 30 gone || fail "still there after it left: $("$SEVEN" bridge mdb)"
ok "who left is asked about and forgotten"

# The other switch ends, then this one.
heard() { grep -q "lldp: right is at" "$WORK/left.out"; }
until_true 30 heard || fail "no LLDP neighbour"
stop "$RIGHT"
stop "$LEFT"
tshark -r "$WORK/all.pcapng" -T fields -E separator=, -e lldp.time_to_live -e ip.src -e igmp.type -e igmp.maddr \
    -e icmpv6.type >"$WORK/fields" 2>/dev/null
seen() { grep -q "$2" "$WORK/fields" || fail "none in the capture: $1"; }
seen "good-bye of LLDP" "^0,"
seen "general query" "^,10.2.0.254,0x11,0.0.0.0,"
seen "query about the group left" "^,10.2.0.254,0x11,239.1.1.1,"
seen "MLD query" ",130$"
ok "the switch asks for groups, and says good-bye when it ends"
is "what is wrong with the switch's frames, says tshark" "$(malformed "$WORK/all.pcapng")" ""
