#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Two kernel networks joined by `seven router`: ping, traceroute, large datagrams, path MTU discovery through a hop of
# 1280 bytes, TCP at speed, refusals, the list; what was captured is well formed.
. "$(dirname "$0")/lib.sh"
need ip ping python3 unshare nsenter
enter "$@"

# A namespace with one network of its own; its number in $LAST.
namespace() {
    unshare -n sleep 300 &
    LAST=$!
    PIDS+=("$LAST")
    sleep 0.2
}
namespace; A=$LAST
namespace; B=$LAST
on() { local ns=$1; shift; nsenter -t "$ns" -n "$@"; }

"$SEVEN" help --man router >"$WORK/man.out" 2>&1 || fail "no such command"
background router "$SEVEN" router -i tap:left,10.1.0.1/24 -i tap:right,10.2.0.1/24,mtu=1500 \
    --route "10.9.0.0/16 via 10.2.0.2" --route "blackhole 10.66.0.0/16" --route "prohibit 10.67.0.0/16" \
    --acl "reject proto tcp dport 7777" -w "$WORK/router.pcapng"
router=$LAST
there() { ip link show left && ip link show right; }
until_true 5 there >/dev/null 2>&1 || fail "the devices did not come: $(cat "$WORK/router.log")"
ip link set left netns "$A" && ip link set right netns "$B" || skip "the devices cannot be moved between namespaces"
join() { # NAMESPACE DEVICE ADDRESS GATEWAY
    on "$1" ip link set lo up
    on "$1" ip addr add "$3/24" dev "$2"
    on "$1" ip link set "$2" up
    on "$1" ip route add default via "$4"
}
join "$A" left 10.1.0.2 10.1.0.1
join "$B" right 10.2.0.2 10.2.0.1

on "$A" ping -q -c 3 -i 0.2 -W 2 10.2.0.2 >"$WORK/ping.log" || fail "no answer from the other network"
ok "ping from one network to the other"
is "the TTL is one less" "$(on "$A" ping -c 1 -W 2 10.2.0.2 | grep -o 'ttl=[0-9]*')" "ttl=63"
on "$B" ping -q -c 3 -i 0.2 -W 2 10.1.0.2 >"$WORK/ping.log" || fail "no answer the other way"
ok "and back"

for way in "$A 10.2.0.2" "$B 10.1.0.2"; do
    set -- $way
    on "$1" ping -q -c 2 -i 0.2 -W 3 -s 60000 "$2" >"$WORK/ping.log" || fail "ping -s 60000 to $2"
done
ok "ping -s 60000 both ways"

# The hop answers with its own address, by name if /etc/hosts had one: TTL 1 names the router.
cat >"$WORK/hop.py" <<'PY'
import select, socket, sys
ttl, to = int(sys.argv[1]), sys.argv[2]
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
u.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
u.sendto(b"x" * 32, (to, 33434 + ttl))
p = select.poll(); p.register(u, 0)
p.poll(3000)
data, control, flags, name = u.recvmsg(512, 512, socket.MSG_ERRQUEUE)
error = control[0][2]
print(socket.inet_ntoa(error[20:24]), error[5], error[6])
PY
is "the first hop is the router's address" "$(on "$A" python3 "$WORK/hop.py" 1 10.2.0.2)" "10.1.0.1 11 0"
is "the second is its destination" "$(on "$A" python3 "$WORK/hop.py" 2 10.2.0.2)" "10.2.0.2 3 3"
if command -v traceroute >/dev/null; then
    on "$A" traceroute -n -q 1 -w 2 10.2.0.2 >"$WORK/traceroute.out" 2>&1
    grep -q '^ 1  10.1.0.1 ' "$WORK/traceroute.out" && grep -q '^ 2  10.2.0.2 ' "$WORK/traceroute.out" ||
        fail "traceroute: $(cat "$WORK/traceroute.out")"
    ok "traceroute shows it"
fi

# What has no way, or a refusing one: net unreachable, nothing, prohibited.
is "no route: net unreachable" "$(on "$A" python3 "$WORK/hop.py" 9 192.0.2.1)" "10.1.0.1 3 0"
is "prohibit: code 13" "$(on "$A" python3 "$WORK/hop.py" 9 10.67.0.1)" "10.1.0.1 3 13"
on "$A" timeout 5 python3 "$WORK/hop.py" 9 10.66.0.1 >/dev/null 2>&1 && fail "the blackhole spoke"
ok "the blackhole is silent"
on "$A" python3 - <<'PY' || fail "the list did not reject"
import socket, sys
s = socket.socket(); s.settimeout(4)
try: s.connect(("10.2.0.2", 7777))
except OSError as e: sys.exit(0 if e.errno == 113 else 1)  # EHOSTUNREACH: ICMP administratively prohibited
sys.exit(1)
PY
ok "the list rejects, and says so"

# Path MTU discovery: the far network takes 1280 bytes; a stream gets through, and its sender learnt it.
stop "$router"
grep -q '^forwarded [1-9]' "$WORK/router.out" || fail "no counters at the end: $(cat "$WORK/router.out")"
ok "counters at the end"
background router2 "$SEVEN" router -i tap:left2,10.1.0.1/24,fd01::1/64 \
    -i tap:right2,10.2.0.1/24,fd02::1/64,mtu=1280 -w "$WORK/pmtu.pcapng"
router=$LAST
there2() { ip link show left2 && ip link show right2; }
until_true 5 there2 >/dev/null 2>&1 || fail "the devices did not come"
on "$A" ip link del left 2>/dev/null
on "$B" ip link del right 2>/dev/null
ip link set left2 netns "$A" && ip link set right2 netns "$B"
join "$A" left2 10.1.0.2 10.1.0.1
join "$B" right2 10.2.0.2 10.2.0.1
on "$B" ip link set right2 mtu 1500
seeded 20000000 "$WORK/data"
nsenter -t "$B" -n python3 - "$WORK/got" <<'PY' &
import socket, sys
l = socket.create_server(("10.2.0.2", 5001)); c, _ = l.accept()
with open(sys.argv[1], "wb") as f:
    while d := c.recv(1 << 20): f.write(d)
PY
receiver=$!
PIDS+=("$receiver")
sleep 0.5
on "$A" timeout 20 python3 - "$WORK/data" <<'PY' || fail "the stream did not get through"
import socket, sys
s = socket.create_connection(("10.2.0.2", 5001)); s.sendall(open(sys.argv[1], "rb").read()); s.shutdown(1); s.recv(1)
PY
wait "$receiver"
is "a stream through a 1280-byte hop arrives whole" "$(sum_of "$WORK/got")" "$(sum_of "$WORK/data")"
on "$A" ip route get 10.2.0.2 | grep -q 'mtu 1280' || fail "the sender did not learn: $(on "$A" ip route get 10.2.0.2)"
ok "and its sender learnt the path MTU"
if command -v iperf3 >/dev/null; then
    nsenter -t "$B" -n iperf3 -s -1 >"$WORK/iperf_s.log" 2>&1 &
    PIDS+=($!)
    sleep 0.5
    on "$A" timeout 20 iperf3 -c 10.2.0.2 -n 32M >"$WORK/iperf.out" 2>&1 || fail "iperf3: $(cat "$WORK/iperf.out")"
    ok "iperf3: $(grep -o '[0-9.]* [GM]bits/sec' "$WORK/iperf.out" | tail -n 1)"
fi
# IPv6 through the same box, its router being a neighbour found by discovery.
on "$A" ip -6 addr add fd01::2/64 dev left2 nodad && on "$A" ip -6 route add default via fd01::1
on "$B" ip -6 addr add fd02::2/64 dev right2 nodad && on "$B" ip -6 route add default via fd02::1
on "$A" ping -6 -q -c 3 -i 0.2 -W 3 fd02::2 >"$WORK/ping6.log" 2>&1 || fail "no answer over IPv6"
ok "ping over IPv6"
on "$A" ping -6 -q -c 2 -i 0.2 -W 3 -s 60000 fd02::2 >"$WORK/ping6.log" 2>&1 # the first pieces teach the path MTU
on "$A" ping -6 -q -c 2 -i 0.2 -W 3 -s 60000 fd02::2 >"$WORK/ping6.log" 2>&1 || fail "ping -6 -s 60000"
ok "ping -6 -s 60000 through the 1280-byte hop"
if command -v iperf3 >/dev/null; then
    nsenter -t "$B" -n iperf3 -s -1 >"$WORK/iperf6_s.log" 2>&1 &
    PIDS+=($!)
    sleep 0.5
    on "$A" timeout 20 iperf3 -6 -c fd02::2 -n 32M >"$WORK/iperf6.out" 2>&1 ||
        fail "iperf3 -6: $(cat "$WORK/iperf6.out")"
    ok "iperf3 over IPv6: $(grep -o '[0-9.]* [GM]bits/sec' "$WORK/iperf6.out" | tail -n 1)"
fi
routes=$("$SEVEN" ip route)
grep -q '^10.2.0.0/24 dev right2 proto kernel scope link' <<<"$routes" || fail "seven ip route: $routes"
ok "seven ip route shows the table"
stop "$router"

# A table of 100,000 routes from a seed, two ways to one network, and a rule by source.
python3 - >"$WORK/routes" <<'PY'
import ipaddress, random
rng, seen = random.Random(20261122), set()
while len(seen) < 100000:
    length = rng.choice((16, 19, 20, 22, 23, 24, 24, 24))
    net = rng.randrange(20 << 24, 100 << 24) >> (32 - length) << (32 - length)
    seen.add((net, length))
for net, length in sorted(seen):
    print(f"{ipaddress.ip_address(net)}/{length} via 10.{rng.choice((2, 3))}.0.2")
PY
namespace; C=$LAST
began=$SECONDS
background router3 "$SEVEN" router -i tap:left3,10.1.0.1/24 -i tap:right3,10.2.0.1/24 -i tap:mid3,10.3.0.1/24 \
    --ecmp --route "10.50.0.0/24 via 10.2.0.2" --route "10.50.0.0/24 via 10.3.0.2" \
    --route "unreachable 10.68.0.0/16" --route "10.50.0.0/24 via 10.3.0.2 table 1" --routes "$WORK/routes" \
    --rule "from 10.1.0.77/32 table 1"
router=$LAST
answers() { "$SEVEN" ip route 2>/dev/null | grep -q 'proto static'; }
until_true 15 answers || fail "100,000 routes did not load: $(cat "$WORK/router3.log")"
"$SEVEN" ip route >"$WORK/table"
way='^[2-9][0-9]\.[0-9.]*/[0-9]+ via 10\.(2\.0\.2 dev right3|3\.0\.2 dev mid3) proto static$'
is "100,000 routes from a file load, and are shown" "$(grep -cE "$way" "$WORK/table")" 100000
[ $((SECONDS - began)) -le 15 ] || fail "that took $((SECONDS - began)) s"
is "next hops as iproute2 shows them" "$(grep -A 2 '^10.50.0.0/24 proto' "$WORK/table" | tr -s '\t\n' '  ')" \
    "10.50.0.0/24 proto static nexthop via 10.2.0.2 dev right3 weight 1 nexthop via 10.3.0.2 dev mid3 weight 1 "
is "and types of routes" "$(grep -o '^unreachable 10.68.0.0/16' "$WORK/table")" "unreachable 10.68.0.0/16"
is "and tables" "$(grep -o '^10.50.0.0/24 via .* table 1' "$WORK/table")" "10.50.0.0/24 via 10.3.0.2 dev mid3 table 1"
ip link set left3 netns "$A" && ip link set right3 netns "$B" && ip link set mid3 netns "$C"
on "$A" ip link del left2 2>/dev/null
on "$B" ip link del right2 2>/dev/null
join "$A" left3 10.1.0.2 10.1.0.1
join "$B" right3 10.2.0.2 10.2.0.1
join "$C" mid3 10.3.0.2 10.3.0.1
on "$A" ip addr add 10.1.0.77/32 dev left3
for way in "$B B" "$C C"; do
    set -- $way
    on "$1" ip addr add 10.50.0.1/32 dev lo
    nsenter -t "$1" -n python3 - "$2" <<'PY' & # not through on(): a function would be a shell between, which alone dies
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.50.0.1", 7))
while True:
    data, who = s.recvfrom(100)
    s.sendto(sys.argv[1].encode(), who)
PY
    PIDS+=($!)
done
# 64 flows, each asked twice; prints how many each of the two answered.
cat >"$WORK/flows.py" <<'PY'
import socket, sys
seen = {"B": 0, "C": 0}
for port in range(20001, 20065):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(4); s.bind((sys.argv[1], port))
    who = set()
    for _ in range(2):
        s.sendto(b"?", ("10.50.0.1", 7))
        who.add(s.recv(10).decode())
    if len(who) != 1: sys.exit(f"flow {port} went both ways")
    seen[who.pop()] += 1
print(seen["B"], seen["C"])
PY
sleep 0.5
flows=$(on "$A" timeout 20 python3 "$WORK/flows.py" 10.1.0.2 2>&1) || fail "flows: $flows"
set -- $flows
[ "$1" -ge 12 ] && [ "$2" -ge 12 ] || fail "64 flows went $flows"
ok "--ecmp: of 64 flows $1 went one way and $2 the other, each always its own"
flows=$(on "$A" timeout 20 python3 "$WORK/flows.py" 10.1.0.77 2>&1)
is "--rule: a source with a table of its own goes one way" "$flows" "0 64"
stop "$router"
[ "$SECONDS" -le 60 ] || fail "all that took $SECONDS s"
if command -v tshark >/dev/null; then
    for file in router pmtu; do
        # Both devices are in one file: each segment twice, which is no stream to put together.
        bad=$(tshark "${PAYLOAD_IS_DATA[@]}" -o tcp.desegment_tcp_streams:false -r "$WORK/$file.pcapng" \
            -Y '_ws.malformed || ip.checksum.status == 0' 2>/dev/null | head -n 3)
        is "tshark finds nothing malformed in $file.pcapng" "$bad" ""
    done
fi
