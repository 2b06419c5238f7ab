#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven nc in every role, seven ss and its filters, seven ip, an ICMP error each way, against the kernel's sockets.
. "$(dirname "$0")/lib.sh"
need nc python3 ip
enter "$@"

# UDP: the other side's closed port is an error at once, both ways round.
background serve "$SEVEN" serve echo
wait_for 10.7.0.2 7
kernel_asks() { printf 'datagram' | timeout 3 nc -u -w 1 10.7.0.2 7; }
is "UDP echo" "$(asked datagram kernel_asks)" datagram
got=$(timeout 10 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("10.7.0.2", 9)); s.settimeout(3)
s.send(b"x" * 900)
try: s.recv(10)
except ConnectionRefusedError: print("refused")
except socket.timeout: print("silence")')
is "kernel -> Seven's closed UDP port: port unreachable" "$got" refused

# ss: one connection, looked at from all sides.
exec 4<>/dev/tcp/10.7.0.2/7
printf 'hello\n' >&4
read -r -t 5 -u 4 got
is "TCP echo" "$got" hello
port=$("$SEVEN" ss -tnH state established | awk '{ sub(/.*:/, "", $NF); print $NF }')
case $port in
    [0-9]*) ok "seven ss shows the peer's port $port" ;;
    *) fail "seven ss: $("$SEVEN" ss -tan)" ;;
esac
lines() { "$SEVEN" ss -tanH "$@" | grep -c .; }
is "ss: sport = :7" "$(lines state established sport = :7)" 1
is "ss: dport = :$port" "$(lines dport = ":$port")" 1
is "ss: dst 10.7.0.0/24" "$(lines state established dst 10.7.0.0/24)" 1
is "ss: dst 10.8.0.0/16" "$(lines dst 10.8.0.0/16)" 0
is "ss: not" "$(lines 'not ( sport = :7 or dport = :7 )')" 0
is "ss: exclude listening" "$(lines exclude listening)" 1
is "ss -l" "$("$SEVEN" ss -tlnH | grep -c ':7 ')" 1
is "ss -u -a" "$("$SEVEN" ss -uanH | grep -c ':7 ')" 1
"$SEVEN" ss -tin | grep -q 'rtt:.*mss:1448.*bytes_received:6' || fail "ss -i: $("$SEVEN" ss -tin)"
ok "ss -i: rtt, mss, bytes"
is "ss -j is JSON" "$("$SEVEN" ss -tan -j | python3 -c '
import json, sys
print(sum(json.loads(l)["state"] in ("ESTAB", "ESTABLISHED") for l in sys.stdin))')" 1
exec 4>&- 4<&-
gone() { [ "$(lines state established)" -eq 0 ]; }
until_true 5 gone || fail "closed, and still there: $("$SEVEN" ss -tan)"
ok "ss: gone after the close"

mac=$(ip -o link show seven0 | grep -o "link/ether [^ ]*" | cut -d" " -f2)
"$SEVEN" ip neigh | grep -q "^10.7.0.1 dev seven0 lladdr $mac " || fail "ip neigh: $("$SEVEN" ip neigh), not $mac"
ok "seven ip neigh: the kernel's own address $mac"
ours=$("$SEVEN" ip -j link | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["address"])')
is "ip neigh of the kernel agrees with seven ip link" "$(ip neigh show 10.7.0.2 | awk '{ print $5 }')" "$ours"
"$SEVEN" ip addr | grep -q 'inet 10.7.0.2/24' || fail "ip addr: $("$SEVEN" ip addr)"
"$SEVEN" ip route | grep -q '^10.7.0.0/24 dev seven0' || fail "ip route: $("$SEVEN" ip route)"
ok "seven ip addr, seven ip route"
stop "$LAST"

# nc: Seven asks, Seven listens; TCP and UDP.
nc -l 10.7.0.1 7001 >"$WORK/heard" </dev/null &
listener=$!
sleep 0.3
printf 'from seven\n' | timeout 10 "$SEVEN" nc -N 10.7.0.1 7001 >/dev/null 2>"$WORK/nc.log" || fail "seven nc: exit $?"
wait "$listener"
is "seven nc -> nc -l" "$(cat "$WORK/heard")" "from seven"
timeout 20 "$SEVEN" nc -l 7002 >"$WORK/heard" 2>"$WORK/nc.log" </dev/null &
listener=$!
sent=1
for _ in $(seq 30); do
    printf 'to seven\n' | timeout 5 nc -N 10.7.0.2 7002 >/dev/null 2>&1 && { sent=0; break; }
    sleep 0.1
done
[ "$sent" = 0 ] || fail "nc found no seven nc -l"
wait "$listener" || fail "seven nc -l: exit $?"
is "nc -> seven nc -l" "$(cat "$WORK/heard")" "to seven"
timeout 10 "$SEVEN" nc -z 10.7.0.1 9 2>/dev/null
is "seven nc -z, closed: exit 1" $? 1

background python python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.7.0.1", 7003)); print("ready", flush=True)
while True:
    b, a = s.recvfrom(65536); s.sendto(b.upper(), a)'
until_true 10 grep -q ready "$WORK/python.out" || fail "the kernel's UDP server does not start"
seven_asks() { printf 'shout' | timeout 10 "$SEVEN" nc -u -w 1 10.7.0.1 7003 2>"$WORK/nc.log"; }
is "seven nc -u" "$(asked SHOUT seven_asks)" SHOUT
kill "$LAST"
# nc's own way: the ICMP error of one datagram is not the end (the kernel's nc -u says nothing either); it is seen.
timeout 5 "$SEVEN" nc -u -w 1 --capture "$WORK/closed.pcapng" 10.7.0.1 9 <<<x >/dev/null 2>"$WORK/nc.log"
"$SEVEN" dump -n -r "$WORK/closed.pcapng" | grep -q 'ICMP 10.7.0.1 udp port 9 unreachable' ||
    fail "no port unreachable: $("$SEVEN" dump -n -r "$WORK/closed.pcapng")"
ok "Seven -> kernel's closed UDP port: port unreachable"
