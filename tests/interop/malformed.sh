#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# tshark reads what Seven wrote of a mixed run: nothing malformed, no bad checksum; and the frames that the
# kernel's end saw (tcpdump's side, where tcpdump is there) are well-formed too.
. "$(dirname "$0")/lib.sh"
need tshark curl ping nc python3
enter "$@"

mkdir "$WORK/site"
seeded 1000000 "$WORK/site/some"
if command -v tcpdump >/dev/null 2>&1; then
    # Each frame at once: of what the kernel gathers for a reader the end is lost with the reader's end.
    background tcpdump tcpdump -i seven0 --immediate-mode -B 16384 -U -s 0 -w "$WORK/kernel.pcap"
    dumper=$LAST
    until_true 10 grep -q "listening on" "$WORK/tcpdump.log" || fail "tcpdump does not listen"
fi
background serve "$SEVEN" serve http --root "$WORK/site" echo -w "$WORK/seven.pcapng"
server=$LAST
wait_for 10.7.0.2 80
curl -sS -o "$WORK/got" http://10.7.0.2/some http://10.7.0.2/none || fail "curl: exit $?"
ping -q -c 2 -i 0.2 -s 3000 10.7.0.2 >/dev/null || fail "ping"
asks() { printf 'datagram' | timeout 2 nc -u -w 1 10.7.0.2 7; }
[ "$(asked datagram asks)" = datagram ] || fail "UDP echo"
printf 'x' | timeout 2 nc -N -w 1 10.7.0.2 9 >/dev/null 2>&1   # a closed port: RST
printf 'x' | timeout 2 nc -u -w 1 10.7.0.2 9 >/dev/null 2>&1   # and ICMP
printf 'hello' | timeout 5 nc -N 10.7.0.2 7 >/dev/null
sleep 0.3
stop "$server"
if [ -n "${dumper:-}" ]; then
    # All has arrived when nothing more does.
    quiet() { local was; was=$(stat -c %s "$WORK/kernel.pcap") && sleep 0.5 &&
        [ "$was" = "$(stat -c %s "$WORK/kernel.pcap")" ]; }
    until_true 10 quiet
    stop "$dumper"
fi

look() {
    local file=$1 filter=$2 what=$3 found
    shift 3
    found=$(tshark -n -r "$file" "$@" -Y "$filter" 2>"$WORK/tshark.log") || fail "tshark cannot read $file"
    [ -z "$found" ] || fail "$what in $(basename "$file"): $(head -n 3 <<<"$found")"
}
check=("${PAYLOAD_IS_DATA[@]}" -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE)
frames=$(tshark -n -r "$WORK/seven.pcapng" 2>/dev/null | grep -c .)
[ "$frames" -gt 40 ] || fail "only $frames frames in the capture"
look "$WORK/seven.pcapng" '_ws.malformed' 'malformed' "${check[@]}"
bad='ip.checksum.status == "Bad" || tcp.checksum.status == "Bad"'
bad="$bad || udp.checksum.status == \"Bad\" || icmp.checksum.status == \"Bad\""
look "$WORK/seven.pcapng" "$bad" 'bad checksum' "${check[@]}"
ok "$frames frames: 0 malformed, 0 bad checksums"
if [ -s "$WORK/kernel.pcap" ]; then
    look "$WORK/kernel.pcap" '_ws.malformed && ip.src == 10.7.0.2' 'malformed' "${PAYLOAD_IS_DATA[@]}"
    ok "the kernel's side: 0 malformed"
    # Both ends saw the same: every frame but TCP's one by one; of TCP, which one end sees as super-frames, the
    # payload of each connection and direction.
    seen() {
        tshark -n -r "$1" -Y 'ip && !tcp' -T fields -e ip.src -e ip.dst -e ip.proto -e ip.id -e ip.len \
            -e ip.frag_offset 2>/dev/null | sort
        tshark -n -r "$1" -Y 'tcp.len > 0' -T fields -e ip.src -e tcp.srcport -e tcp.dstport -e tcp.len 2>/dev/null |
            awk '{ n[$1 " " $2 " " $3] += $4 } END { for (k in n) print k, n[k] }' | sort
    }
    seen "$WORK/seven.pcapng" >"$WORK/seen.seven"
    seen "$WORK/kernel.pcap" >"$WORK/seen.kernel"
    [ "$(grep -c . "$WORK/seen.seven")" -gt 10 ] || fail "nothing to compare"
    diff "$WORK/seen.seven" "$WORK/seen.kernel" >"$WORK/diff.log" || fail "the two ends saw different things"
    ok "both ends saw the same $(grep -c . "$WORK/seen.seven") frames and streams"
fi
"$SEVEN" dump -r "$WORK/seven.pcapng" -n >"$WORK/dump" || fail "seven dump: exit $?"
shown=$(grep -c . "$WORK/dump")
[ "$shown" -eq "$frames" ] || fail "seven dump shows $shown frames, tshark $frames"
ok "seven dump shows the same $frames frames"
