#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# IPv6 with the kernel: pages both ways with their sums, pings from nothing to 65527 bytes, a scan, a refused
# datagram; and
# what was on the wire is nothing that tshark objects to.
. "$(dirname "$0")/lib.sh"
need ping curl python3 nmap tshark
enter "$@"

mkdir "$WORK/site"
seeded 3000000 "$WORK/site/big"
wanted=$(sum_of "$WORK/site/big")
background serve "$SEVEN" serve http --root "$WORK/site" --port 80 -s echo echo -6 --port 1077 echo -4 --port 1078 \
    -w "$WORK/serve.pcapng"
wait_for fd07::2 80

# A server of one family alone (RFC 3493 §5.3): the other is refused.
is "serve echo -6, over IPv6" "$(printf 'six\n' | timeout 5 nc -N -w 4 fd07::2 1077)" six
is "serve echo -4, over IPv4" "$(printf 'four\n' | timeout 5 nc -N -w 4 10.7.0.2 1078)" four
timeout 5 nc -z -w 4 10.7.0.2 1077 && fail "serve echo -6 takes IPv4"
timeout 5 nc -z -w 4 fd07::2 1078 && fail "serve echo -4 takes IPv6"
ok "one family alone"

for n in 1 2 3; do
    curl -6 -g -sS -m 30 -o "$WORK/got" 'http://[fd07::2]/big' 2>"$WORK/curl.log" || fail "curl -6, time $n"
    is "kernel's curl -6 from Seven, time $n" "$(sum_of "$WORK/got")" "$wanted"
done
curl -4 -sS -m 30 -o "$WORK/got" http://10.7.0.2/big 2>"$WORK/curl.log" || fail "curl -4"
is "the same listener takes IPv4" "$(sum_of "$WORK/got")" "$wanted"
listens=$("$SEVEN" ss -lnt |
    awk '$1 == "LISTEN" || $2 == "LISTEN" { for (i = 1; i <= NF; i++) if ($i ~ /:80$/) print $i }')
is "seven ss names it as ss does" "$listens" '*:80'

for size in 56 0 1452 1453 60000 65527; do
    ping -6 -q -n -c 3 -i 0.2 -W 2 -s "$size" fd07::2 >"$WORK/ping.log" 2>&1
    grep -q ' 3 received, 0% packet loss' "$WORK/ping.log" || fail "ping -6 -s $size: answers are missing"
    ok "kernel -> Seven: ping -6 -s $size 3/3"
done

refused=$(python3 - <<'PY'
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.connect(("fd07::2", 9))
s.settimeout(3)
s.send(b"anybody?")
try:
    print(s.recv(100))
except OSError as e:
    print(e.strerror)
PY
)
is "a datagram to a closed port" "$refused" 'Connection refused'
echoed=$(python3 - <<'PY'
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.connect(("fd07::2", 7))
s.settimeout(3)
s.send(bytes(range(256)) * 160)
print(s.recv(65536) == bytes(range(256)) * 160)
PY
)
is "a datagram of 40960 bytes and back" "$echoed" True

nmap -6 -n -Pn -T5 --max-retries 2 --max-rtt-timeout 300ms -sS -p1-1000 \
    -oG "$WORK/scan" fd07::2 >"$WORK/nmap.log" 2>&1 ||
    fail "nmap -6 -sS"
is "nmap -6 -sS" "$(grep -o '[0-9]*/open/tcp' "$WORK/scan" | tr '\n' ' ')" '7/open/tcp 80/open/tcp '
grep -q 'Not shown: 998 closed' "$WORK/nmap.log" || fail "nmap -6 -sS: the others are not closed"
ok "nmap -6 -sS: 998 closed"
stop "$LAST"

background pages python3 -m http.server 8000 --bind :: --directory "$WORK/site"
wait_for fd07::1 8000
"$SEVEN" get -s -o "$WORK/got" -w "$WORK/get.pcapng" 'http://[fd07::1]:8000/big' 2>"$WORK/get.log" || fail "seven get"
is "seven get from python's server" "$(sum_of "$WORK/got")" "$wanted"
for size in 56 0 1452 1453 60000; do
    "$SEVEN" ping -c 3 -i 200ms -W 2 -s "$size" fd07::1 >"$WORK/ping.log" 2>&1 || fail "seven ping -s $size"
    lines=$(grep -c "^$((size + 8)) bytes from fd07::1: icmp_seq=" "$WORK/ping.log")
    [ "$lines" -eq 3 ] || fail "the lines of -s $size"
    ok "Seven -> kernel: seven ping -s $size 3/3"
done
"$SEVEN" ping -c 1 -W 500ms fd07::9 >"$WORK/ping.log" 2>&1
is "nobody at fd07::9: exit status" $? 1
hello=$(printf 'HEAD / HTTP/1.0\r\n\r\n' | "$SEVEN" nc fd07::1 8000 2>/dev/null | head -1 | tr -d '\r')
is "seven nc to an IPv6 literal" "$hello" 'HTTP/1.0 200 OK'

for file in serve get; do
    bad=$(tshark -r "$WORK/$file.pcapng" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
        "${PAYLOAD_IS_DATA[@]}" \
        -Y '_ws.malformed or tcp.checksum.status == 0 or udp.checksum.status == 0 or icmpv6.checksum.status == 0' \
        2>/dev/null)
    [ -z "$bad" ] || fail "tshark objects to $file.pcapng: $(head -3 <<<"$bad")"
    packets=$(tshark -r "$WORK/$file.pcapng" -Y ipv6 2>/dev/null | wc -l)
    [ "$packets" -gt 100 ] || fail "$file.pcapng has only $packets IPv6 packets"
    ok "tshark: nothing malformed in the $packets IPv6 packets of $file.pcapng"
done
