#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Kernel hosts on both sides of seven router --nat: curl, ping, traceroute, FTP
# both ways and in both modes, a port forward, hairpinning. The outside has no route to the inside's addresses.
#
#   inside 10.0.0.2, .3 [IN] -- in0 -- seven router 10.0.0.1 | 203.0.113.1 -- out0
#   -- [OUT] 203.0.113.2 -- [FAR] 198.51.100.2
. "$(dirname "$0")/lib.sh"
need python3 unshare nsenter curl ping
enter "$@"

elsewhere() {
    [ "$(readlink /proc/"$1"/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
space() {
    background "space-$1" unshare -n sleep 600
    eval "$1=$LAST"
    until_true 5 elsewhere "$LAST" || fail "no namespace $1"
}
at() { # PID COMMAND...
    local pid=$1
    shift
    nsenter -t "$pid" -n "$@"
}
here() { # LOG PID COMMAND...: in the background
    local log=$1 pid=$2
    shift 2
    background "$log" nsenter -t "$pid" -n "$@"
}

space IN
space OUT
space FAR
background box "$SEVEN" router --nat out0 --forward tcp:8080=10.0.0.3:80 --forward tcp:21=10.0.0.3:21 \
    --npt6 fd01::/48=2001:db8::/48 \
    -i tap:in0,10.0.0.1/24,fd01:0:0:1::1/64 -i tap:out0,203.0.113.1/24,2001:db8:f::1/64 -g 203.0.113.2
BOXPID=$LAST
until_true 5 ip link show in0 >/dev/null 2>&1 || fail "no in0"
until_true 5 ip link show out0 >/dev/null 2>&1 || fail "no out0"
ip link set in0 netns "$IN" && ip link set out0 netns "$OUT" || fail "the TAPs do not move"
ip link add f0 type veth peer name f1 || skip "no veth devices here"
ip link set f0 netns "$OUT" && ip link set f1 netns "$FAR"
for a in 10.0.0.2/24 10.0.0.3/24; do at "$IN" ip addr add "$a" dev in0; done
at "$IN" ip -6 addr add fd01:0:0:1::2/64 dev in0 nodad
at "$IN" ip link set in0 up
at "$IN" ip link set lo up
at "$IN" ip route add default via 10.0.0.1
at "$IN" ip -6 route add default via fd01:0:0:1::1
at "$OUT" ip addr add 203.0.113.2/24 dev out0
at "$OUT" ip -6 addr add 2001:db8:f::2/64 dev out0 nodad
at "$OUT" ip addr add 198.51.100.1/24 dev f0
for i in out0 f0 lo; do at "$OUT" ip link set "$i" up; done
at "$OUT" ip -6 route add 2001:db8::/48 via 2001:db8:f::1
at "$OUT" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 || skip "the kernel here may not forward"
at "$FAR" ip addr add 198.51.100.2/24 dev f1
at "$FAR" ip link set f1 up
at "$FAR" sysctl -qw net.ipv4.icmp_ratelimit=0
at "$FAR" ip route add default via 198.51.100.1
if command -v tcpdump >/dev/null; then
    here dump-in "$IN" tcpdump -U -w "$WORK/in.pcap" -i in0
    here dump-out "$OUT" tcpdump -U -w "$WORK/out.pcap" -i out0
    DUMPS=1
fi

mkdir -p "$WORK/www" "$WORK/ftp" "$WORK/empty"
seeded 3000000 "$WORK/www/big"
cp "$WORK/www/big" "$WORK/ftp/big"
chmod 755 "$WORK" "$WORK/www" "$WORK/ftp" "$WORK/empty"
WANT=$(sum_of "$WORK/www/big")
here web "$FAR" python3 -m http.server --directory "$WORK/www" 80
here web-in "$IN" python3 -m http.server --bind 10.0.0.3 --directory "$WORK/www" 80
until_true 10 at "$IN" curl -s -o /dev/null http://198.51.100.2/ || fail "curl finds no server through the box"

for size in 56 0 1472 1473 60000; do
    at "$IN" ping -q -n -c 3 -i 0.2 -W 2 -s "$size" 198.51.100.2 >"$WORK/ping.log" 2>&1 || fail "ping -s $size"
    grep -q ' 3 received, 0% packet loss' "$WORK/ping.log" || fail "ping -s $size: answers are missing"
    ok "ping -s $size through the translator"
done
at "$OUT" ping -q -n -c 1 -W 2 203.0.113.1 >"$WORK/ping.log" 2>&1 || fail "the router's own outside address is silent"
ok "the router answers for itself"
at "$OUT" ip route add 10.0.0.0/24 via 203.0.113.1
at "$OUT" ping -q -n -c 1 -W 1 10.0.0.2 >"$WORK/ping.log" 2>&1 && fail "the inside can be reached by its own address"
at "$OUT" ip route del 10.0.0.0/24
ok "the inside cannot be reached by its own addresses"

is "3 MB over http" "$(at "$IN" curl -s http://198.51.100.2/big | sum_of /dev/stdin)" "$WANT"
grep -q '203.0.113.1' "$WORK/web.log" || fail "the server saw another client than the outside address"
for i in 1 2 3 4 5 6 7 8; do
    at "$IN" curl -s -o "$WORK/got$i" http://198.51.100.2/big &
    CURLS="${CURLS:-} $!"
done
# shellcheck disable=SC2086
wait $CURLS
for i in 1 2 3 4 5 6 7 8; do
    [ "$(sum_of "$WORK/got$i")" = "$WANT" ] || fail "of eight at once, number $i"
done
ok "eight at once"
is "a port forward" "$(at "$FAR" curl -s http://203.0.113.1:8080/big | sum_of /dev/stdin)" "$WANT"
is "hairpin: the inside by its outside address" \
    "$(at "$IN" curl -s --interface 10.0.0.2 http://203.0.113.1:8080/big | sum_of /dev/stdin)" "$WANT"

if command -v traceroute >/dev/null; then
    for how in '' -I '-T -p 80'; do
        # shellcheck disable=SC2086
        at "$IN" traceroute -n -q 1 $how 198.51.100.2 >"$WORK/route.log" 2>&1 || fail "traceroute $how"
        is "traceroute $how" "$(awk 'NR > 1 {print $2}' "$WORK/route.log" | tr '\n' ' ')" \
            "10.0.0.1 203.0.113.2 198.51.100.2 "
    done
    at "$FAR" traceroute -n -q 1 -T -p 8080 203.0.113.1 >"$WORK/route.log" 2>&1
    tail -n 1 "$WORK/route.log" | grep -q 203.0.113.1 || fail "traceroute towards the port forward"
    ok "traceroute towards the port forward sees the outside address alone"
else
    echo "skip: $NAME: traceroute is not installed"
fi

# Path MTU discovery: the far link is narrow, and its router says so (ICMP error with the quote turned back).
at "$OUT" ip link set f0 mtu 1280
at "$FAR" ip link set f1 mtu 1280
seeded 400000 "$WORK/up"
cat >"$WORK/sink.py" <<'PY'
import hashlib, socket, sys
s = socket.create_server(("198.51.100.2", 9000))
c = s.accept()[0]
h = hashlib.sha256()
while data := c.recv(65536):
    h.update(data)
c.sendall(h.hexdigest().encode())
PY
cat >"$WORK/source.py" <<'PY'
import socket, sys
c = socket.create_connection(("198.51.100.2", 9000), 20)
c.sendall(open(sys.argv[1], "rb").read())
c.shutdown(socket.SHUT_WR)
print(c.recv(100).decode())
PY
here sink "$FAR" python3 "$WORK/sink.py"
sleep 0.5
is "400 kB up through a 1280-byte hop" \
    "$(at "$IN" timeout 30 python3 "$WORK/source.py" "$WORK/up")" "$(sum_of "$WORK/up")"

if command -v vsftpd >/dev/null || [ -x /usr/sbin/vsftpd ]; then
    VSFTPD=$(command -v vsftpd || echo /usr/sbin/vsftpd)
    cat >"$WORK/vsftpd.conf" <<CONF
listen=YES
background=NO
anonymous_enable=YES
no_anon_password=YES
local_enable=NO
anon_root=$WORK/ftp
run_as_launching_user=YES
ftp_username=$(id -un)
secure_chroot_dir=$WORK/empty
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
port_enable=YES
connect_from_port_20=NO
CONF
    here ftp "$FAR" "$VSFTPD" "$WORK/vsftpd.conf"
    here ftp-in "$IN" "$VSFTPD" "$WORK/vsftpd.conf"
    sleep 0.5
    for how in '' --disable-epsv '-P -' '-P - --disable-eprt'; do
        # shellcheck disable=SC2086
        is "FTP from inside, curl $how" \
            "$(at "$IN" timeout 30 curl -sS --interface 10.0.0.2 $how ftp://198.51.100.2/big 2>"$WORK/curl.log" |
                sum_of /dev/stdin)" "$WANT"
    done
    for how in '' '--disable-epsv --no-ftp-skip-pasv-ip'; do
        # shellcheck disable=SC2086
        is "FTP to a server inside, curl $how" \
            "$(at "$FAR" timeout 30 curl -sS $how ftp://203.0.113.1/big 2>"$WORK/curl.log" | sum_of /dev/stdin)" "$WANT"
    done
else
    echo "skip: $NAME: vsftpd is not installed"
fi

if at "$IN" ping -6 -q -n -c 1 -W 2 fd01:0:0:1::1 >"$WORK/ping.log" 2>&1; then
    at "$IN" ping -6 -q -n -c 3 -i 0.2 -W 2 2001:db8:f::2 >"$WORK/ping.log" 2>&1 || fail "IPv6 with another prefix"
    ok "NPTv6: ping"
else
    echo "skip: $NAME: this build finds no IPv6 neighbours, so nothing of IPv6 gets through"
fi

"$SEVEN" router --show nat -j >"$WORK/box.nat" || fail "seven router --show nat"
"$SEVEN" router --show nat | grep -q '^tcp .* 203.0.113.1:8080 ' || fail "seven router --show nat as text"
python3 - "$WORK/box.nat" <<'PY' || fail "the counters"
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
c = rows[-1]
assert c["type"] == "nat_counts" and c["refused"] == 0 and c["hairpin"] > 0 and c["errors"] > 0, c
assert any(r["type"] == "nat" and r["fixed"] for r in rows), rows
assert all(r["outside"].startswith("203.0.113.1:") for r in rows[:-1]), rows
PY
ok "the counters: $(tail -n 1 "$WORK/box.nat" | cut -c1-110)..."
stop "$BOXPID"

if [ -n "${DUMPS:-}" ] && command -v tshark >/dev/null; then
    sleep 0.5
    for side in in out; do
        bad=$(tshark -r "$WORK/$side.pcap" -o ip.check_checksum:TRUE "${PAYLOAD_IS_DATA[@]}" \
            -Y '_ws.malformed || ip.checksum.status == "Bad" || icmp.checksum.status == "Bad"' 2>/dev/null | head -n 5)
        [ -z "$bad" ] || fail "tshark on the $side side: $bad"
        frames=$(tshark -n -r "$WORK/$side.pcap" "${PAYLOAD_IS_DATA[@]}" 2>/dev/null | wc -l)
        ok "tshark finds nothing malformed on the $side side ($frames frames)"
    done
    leaked=$(tshark -n -r "$WORK/out.pcap" "${PAYLOAD_IS_DATA[@]}" \
        -Y 'ip.addr == 10.0.0.0/24 && !(ip.src == 203.0.113.2)' 2>/dev/null | head -n 3)
    is "no inside address was seen outside" "$leaked" ""
else
    echo "skip: $NAME: tcpdump or tshark is not installed"
fi
