#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven trace through kernel routers, each in a network namespace of its own: the addresses of every hop with each
# kind of probe, agreement with traceroute, the marks of refusals; and nc -u hears that nobody listens.
#
#   Seven 10.7.0.2 -- 10.7.0.1 [here] 10.71.1.1 -- 10.71.1.2 [R2] 10.71.2.1 -- 10.71.2.2 [R3] 10.71.3.1 -- 10.71.3.2 [T]
. "$(dirname "$0")/lib.sh"
need python3 unshare nsenter sysctl
enter "$@"

elsewhere() {
    [ "$(readlink /proc/"$1"/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
# space NAME: a network namespace that lives as long as the process in it.
space() {
    background "space-$1" unshare -n sleep 600
    eval "$1=$LAST"
    until_true 5 elsewhere "$LAST" || fail "no namespace $1"
}
in_space() {
    local pid=$1
    shift
    nsenter -t "$pid" -n "$@"
}
# join NAME-A ADDRESS PID-B NAME-B ADDRESS: a cable from here (or from PID $6) to B.
join() {
    ip link add "$1" type veth peer name "$4" || skip "no veth devices here"
    ip link set "$4" netns "$3"
    if [ -n "${6:-}" ]; then
        ip link set "$1" netns "$6"
        in_space "$6" ip addr add "$2/24" dev "$1"
        in_space "$6" ip link set "$1" up
    else
        ip addr add "$2/24" dev "$1"
        ip link set "$1" up
    fi
    in_space "$3" ip addr add "$5/24" dev "$4"
    in_space "$3" ip link set "$4" up
    in_space "$3" ip link set lo up
}
router() { # no rate limit, else a quick trace misses hops
    "$@" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 2>/dev/null ||
        "$@" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 || skip "the kernel here may not forward"
}

space R2
space R3
space T
join a1 10.71.1.1 "$R2" a2 10.71.1.2
join b1 10.71.2.1 "$R3" b2 10.71.2.2 "$R2"
join c1 10.71.3.1 "$T" c2 10.71.3.2 "$R3"
ip route add 10.71.0.0/16 via 10.71.1.2
in_space "$R2" ip route add default via 10.71.1.1
in_space "$R2" ip route add 10.71.3.0/24 via 10.71.2.2
in_space "$R3" ip route add default via 10.71.2.1
in_space "$T" ip route add default via 10.71.3.1
router env
router in_space "$R2"
router in_space "$R3"
in_space "$T" sysctl -qw net.ipv4.icmp_ratelimit=0

# hops FILE: the addresses of a JSON report, in order, with their marks.
hops() {
    python3 -c '
import json, sys
t = json.load(open(sys.argv[1]))
print(" ".join("+".join(a["address"] + a.get("mark", "") for a in h["addresses"]) or "?" for h in t["hops"]),
      "reached" if t["reached"] else "lost")' "$1"
}
trace() { # OUT OPTIONS...
    local out=$1
    shift
    "$SEVEN" trace -n -j -i 200ms -G 2s "$@" >"$WORK/$out" 2>"$WORK/trace.log"
}

PATH4='10.7.0.1 10.71.1.2 10.71.2.2 10.71.3.2'
background web nsenter -t "$T" -n python3 -m http.server 80
sleep 0.5
for how in --udp --icmp --tcp '--tcp -P 81' '--udp -P 40000 -s 1000'; do
    # shellcheck disable=SC2086
    trace out $how -c 3 10.71.3.2 || fail "trace $how: status $?"
    is "trace $how names every hop" "$(hops "$WORK/out")" "$PATH4 reached"
    python3 - "$WORK/out" <<'PY' || fail "trace $how: the figures"
import json, sys
for h in json.load(open(sys.argv[1]))["hops"]:
    assert h["sent"] == h["received"] == 3 and h["loss_percent"] == 0, h
    assert 0 < h["best_us"] <= h["avg_us"] <= h["worst_us"] and h["stdev_us"] >= 0, h
    assert h["best_us"] <= h["last_us"] <= h["worst_us"], h
PY
done
if command -v traceroute >/dev/null; then
    in_space "$T" true
    theirs=$(traceroute -n -q 1 10.71.3.2 | awk 'NR > 1 {print $2}' | tr '\n' ' ')
    trace out -c 1 10.71.3.2
    is "from the first router on, the same as traceroute" "$theirs" "$(hops "$WORK/out" | cut -d' ' -f2-4) "
else
    echo "skip: $NAME: traceroute is not installed"
fi

trace out -f 2 -m 3 -c 1 10.71.3.2
is "status when the target is beyond -m" "$?" 1
is "-f 2 -m 3" "$(hops "$WORK/out")" "10.71.1.2 10.71.2.2 lost"

# Refusals: nobody has the address, no route, forbidden, no such protocol.
trace out -c 1 -G 5s 10.71.3.77
is "an address that nobody has: status" "$?" 1
is "!H" "$(hops "$WORK/out")" "10.7.0.1 10.71.1.2 10.71.2.2 10.71.2.2!H lost"
in_space "$R2" ip route add unreachable 10.72.0.0/16
ip route add 10.72.0.0/16 via 10.71.1.2
trace out -c 1 10.72.0.1
is "a route that says unreachable" "$(hops "$WORK/out")" "10.7.0.1 10.71.1.2!H lost"
in_space "$R3" ip route del default
in_space "$R3" ip route add 10.7.0.0/24 via 10.71.2.1
in_space "$R2" ip route add 10.73.0.0/16 via 10.71.2.2
ip route add 10.73.0.0/16 via 10.71.1.2
trace out -c 1 10.73.0.1
is "no route: !N" "$(hops "$WORK/out")" "10.7.0.1 10.71.1.2 10.71.2.2!N lost"
in_space "$R2" ip route add prohibit 10.74.0.0/16
ip route add 10.74.0.0/16 via 10.71.1.2
trace out -c 1 10.74.0.1
is "forbidden: !X" "$(hops "$WORK/out")" "10.7.0.1 10.71.1.2!X lost"
if in_space "$T" iptables -A INPUT -p udp -j REJECT --reject-with icmp-proto-unreachable 2>/dev/null; then
    trace out -c 1 10.71.3.2
    is "protocol unreachable: !P" "$(hops "$WORK/out")" "10.7.0.1 10.71.1.2 10.71.2.2 10.71.3.2!P lost"
    in_space "$T" iptables -F INPUT
else
    echo "skip: $NAME: no iptables here for !P"
fi
in_space "$R2" ip route add blackhole 10.75.0.0/16
ip route add 10.75.0.0/16 via 10.71.1.2
trace out -c 1 -U 3 -G 2s 10.75.0.1
is "silence: three hops of it" "$(hops "$WORK/out")" "10.7.0.1 ? ? ? lost"

"$SEVEN" trace -r -c 2 -i 200ms 10.71.3.2 >"$WORK/report" || fail "the report's status"
grep -qE '^  4\.\|-- 10\.71\.3\.2 +0\.0% +2( +[0-9]+\.[0-9]){5}$' "$WORK/report" || fail "the report"
is "the report's lines" "$(wc -l <"$WORK/report")" 6
"$SEVEN" trace -c 1 -T -u 10.7.0.1 2>"$WORK/trace.log"
is "two kinds of probe at once are refused" "$?" 2

# A screen, drawn for a terminal, ends with q.
python3 - "$SEVEN" <<'PY' || fail "the screen"
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "trace", "-i", "200ms", "10.71.3.2"])
text, pressed, deadline = b"", False, time.time() + 15
while time.time() < deadline:
    if select.select([fd], [], [], 0.2)[0]:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    if b"4.|-- 10.71.3.2" in text and not pressed:
        os.write(fd, b"q")
        pressed = True
status = os.waitpid(pid, 0)[1]
assert pressed and os.WEXITSTATUS(status) == 0, (status, text[-2000:])
assert b"\x1b[H" in text and b"Keys: q quit" in text
PY
ok "the screen shows the path, and q ends it with 0"

# IPv6, the same way.
if "$SEVEN" ping -c 1 -W 3 fd07::1 >/dev/null 2>&1; then
    v6() { # LOCAL-DEV ADDR PID2 DEV2 ADDR2 [PID1]
        in_space "${6:-$$}" ip -6 addr add "$2/64" dev "$1" nodad
        in_space "$3" ip -6 addr add "$5/64" dev "$4" nodad
    }
    forward6() { "$@" sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.icmp.ratelimit=0; }
    v6 a1 fd71:1::1 "$R2" a2 fd71:1::2
    v6 b1 fd71:2::1 "$R3" b2 fd71:2::2 "$R2"
    v6 c1 fd71:3::1 "$T" c2 fd71:3::2 "$R3"
    if forward6 env && forward6 in_space "$R2" && forward6 in_space "$R3"; then
        in_space "$T" sysctl -qw net.ipv6.icmp.ratelimit=0
        ip -6 route add fd71:2::/31 via fd71:1::2
        in_space "$R2" ip -6 route add default via fd71:1::1
        in_space "$R2" ip -6 route add fd71:3::/64 via fd71:2::2
        in_space "$R3" ip -6 route add default via fd71:2::1
        in_space "$T" ip -6 route add default via fd71:3::1
        for how in --udp --icmp '--tcp -P 81'; do
            # shellcheck disable=SC2086
            trace out $how -c 2 fd71:3::2 || fail "trace $how over IPv6: status $?"
            is "trace $how over IPv6" "$(hops "$WORK/out")" "fd07::1 fd71:1::2 fd71:2::2 fd71:3::2 reached"
        done
        echo hello | timeout 10 "$SEVEN" nc -u -w 5 fd71:3::2 7 >"$WORK/nc.out" 2>"$WORK/nc.log"
        is "nc -u to a closed port over IPv6: status" "$?" 1
    else
        echo "skip: $NAME: the kernel here may not forward IPv6"
    fi
else
    echo "skip: $NAME: this build finds no IPv6 neighbours"
fi

# UDP to where nobody listens.
echo hello | timeout 10 "$SEVEN" nc -u -w 5 10.71.3.2 7 >"$WORK/nc.out" 2>"$WORK/nc.log"
is "nc -u to a closed port: status" "$?" 1
grep -qi 'refused' "$WORK/nc.log" || fail "nc -u says nothing of a refusal"
ok "nc -u says why: $(cat "$WORK/nc.log")"
