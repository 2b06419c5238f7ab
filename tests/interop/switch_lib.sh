# SPDX-License-Identifier: BSD-2-Clause
# What the scripts about seven switch share: hosts of the kernel, each in a network namespace of its own.

declare -A HOST # name -> process that keeps its namespace

# host NAME: a namespace with nothing in it but lo.
host() {
    unshare -n -- sleep 600 </dev/null >/dev/null 2>&1 &
    HOST[$1]=$!
    PIDS+=("$!")
    until_true 30 other_net "${HOST[$1]}" || skip "no network namespace to be had (unshare -n)"
    at "$1" ip link set lo up
}
other_net() { [ "$(readlink "/proc/$1/ns/net" 2>/dev/null)" != "$(readlink /proc/$$/ns/net)" ]; }

# at NAME COMMAND...: runs it on that host.
at() {
    local name=$1
    shift
    nsenter -t "${HOST[$name]}" -n -- "$@"
}

# plug NAME INTERFACE [ADDR/LEN]: the interface becomes that host's.
plug() {
    ip link set "$2" netns "${HOST[$1]}" || fail "plug $2 into $1"
    at "$1" ip link set "$2" up
    [ -z "${3:-}" ] || at "$1" ip addr add "$3" dev "$2"
}

mac_of() { at "$1" ip -j link show "$2" | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])'; }

pings() { at "$1" ping -c 1 -W 1 -q "$2" >/dev/null 2>&1; }
pings_soon() { until_true "$1" pings "$2" "$3"; }

# switch LOG OPTIONS...: started, its ports open. Its process in $LAST.
switch() {
    local log=$1
    shift
    background "$log" "$SEVEN" switch "$@"
    until_true 30 says "$log" "; ends with" || fail "seven switch did not start: $(cat "$WORK/$log.log")"
}

says() { grep -q "$2" "$WORK/$1.log" 2>/dev/null; }

# listens HOST PORT: asked of the kernel, for iperf3 writes what it says only when it ends.
listens() { at "$1" ss -Hltn "sport = :$2" | grep -q .; }

# mbit FROM TO ADDRESS: 20 MB by TCP from one host to the other, in Mbit/s.
mbit() {
    nsenter -t "${HOST[$2]}" -n -- iperf3 -s -1 -B "$3" >"$WORK/iperf3.out" 2>&1 &
    local server=$! report
    until_true 30 listens "$2" 5201 || fail "iperf3 does not listen: $(cat "$WORK/iperf3.out")"
    report=$(at "$1" timeout 20 iperf3 -c "$3" -n 20M -J 2>&1)
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    local program='import json,sys; print(int(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"]/1e6))'
    echo "$report" | python3 -c "$program" 2>/dev/null
}

# field OBJECT KEY=VALUE... -- KEY: that key of the JSON lines of `seven bridge OBJECT` in which all others match.
field() {
    local object=$1
    shift
    "$SEVEN" bridge -j "$object" | python3 -c '
import json, sys
wanted, key = dict(a.split("=", 1) for a in sys.argv[1:-2]), sys.argv[-1]
for row in json.load(sys.stdin):
    if all(str(row.get(k)) == v for k, v in wanted.items()) and key in row: print(row[key])' "$@"
}

# malformed FILE: what tshark finds wrong in a capture.
malformed() {
    tshark -n -r "$1" "${PAYLOAD_IS_DATA[@]}" -o tcp.desegment_tcp_streams:false \
        -Y "_ws.malformed || _ws.expert.severity == 8388608" 2>/dev/null | head -5
}
