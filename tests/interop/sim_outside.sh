#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# Programs of this machine take part in a simulated world, in real time: the kernel's ping, curl and nc behind the TAP
# of scenarios/outside.yaml, whose link delays by 20 ms each way and drops every tenth segment of the simulated host.
. "$(dirname "$0")/lib.sh"
enter "$@"
need ping curl nc timeout ip ss
FILE=$(readlink -f "$(dirname "$0")/../../scenarios/outside.yaml")

nc -l 8080 >"$WORK/told" 2>"$WORK/nc.log" &
NC=$!
for _ in $(seq 300); do
    ss -ltn | grep -q :8080 && break
    sleep 0.05
done
"$SEVEN" sim "$FILE" >"$WORK/sim.log" 2>&1 &
SIM=$!
for _ in $(seq 300); do
    ip -4 addr show dev seven0 2>/dev/null | grep -q 10.9.0.1/24 && break
    kill -0 $SIM 2>/dev/null || fail "it ended before it began"
    sleep 0.05
done

rtt=$(ping -c 2 -i 0.2 -W 20 10.9.0.2 | sed -n 's,^rtt.* = \([0-9]*\).*,\1,p')
[ "${rtt:-0}" -ge 40 ] || fail "a ping took ${rtt:-no} ms over a link of 20 ms each way"
ok "ping: an answer after $rtt ms, at least the 40 of the link"

is "curl" "$(curl -s -m 60 -o "$WORK/one" -w '%{http_code} %{size_download}' http://10.9.0.2/)" "200 100000"
is "curl, twice over one connection" \
    "$(curl -s -m 60 -o "$WORK/two" -o "$WORK/three" -w '%{num_connects} ' http://10.9.0.2/ http://10.9.0.2/)" "1 0 "
is "both of 100,000 bytes" "$(stat -c %s "$WORK/two" "$WORK/three" | tr '\n' ' ')" "100000 100000 "

timeout 60 tail --pid=$NC -f /dev/null # nc ends when the simulated host has closed
is "a simulated host connects to nc" "$(stat -c %s "$WORK/told")" "10000"

kill -INT $SIM
wait $SIM
is "what the file expects" "$? $(grep -c passed "$WORK/sim.log")" "0 3"

if ! setpriv --bounding-set=-net_admin --inh-caps=-net_admin true 2>/dev/null; then
    echo "skip: $NAME: setpriv cannot take a right away"
    exit 0
fi
ip link del seven0 2>/dev/null
setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$SEVEN" sim "$FILE" >"$WORK/no.log" 2>&1
is "without the right to make an interface" "$?" 2
grep -q "outside joins through tap:seven0: .*no right" "$WORK/no.log" || fail "it does not say why"
ok "and it says why"
