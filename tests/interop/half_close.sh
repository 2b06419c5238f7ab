#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# nc -N closes its half and still receives: the FIN is acknowledged at once, the data comes after, then the
# other FIN. Both ways round: the kernel's nc against Seven's echo, Seven's nc against a kernel's server.
. "$(dirname "$0")/lib.sh"
need nc python3
enter "$@"
nc -h 2>&1 | grep -q -- '-N' || skip "this nc has no -N (netcat-openbsd has)"

background serve "$SEVEN" serve echo --delay 100ms --fin-delay 50ms -w "$WORK/half.pcapng"
server=$LAST
wait_for 10.7.0.2 7
got=$(printf 'hello\n' | timeout 10 nc -N 10.7.0.2 7) || fail "nc: exit $?"
[ "$got" = hello ] || fail "nc got \"$got\""
ok "nc -N: the answer came through the other half"
sleep 0.2
stop "$server"

if command -v tshark >/dev/null 2>&1; then
    # Of the connection with data: direction and flags, from the client's FIN on.
    stream=$(tshark -r "$WORK/half.pcapng" -Y 'tcp.len > 0' -T fields -e tcp.stream 2>/dev/null | head -n 1)
    tshark -r "$WORK/half.pcapng" -Y "tcp.stream == $stream" -T fields \
        -e ip.src -e tcp.flags.fin -e tcp.len 2>/dev/null >"$WORK/segments"
    python3 - "$WORK/segments" <<'PY' || fail "the order on the wire: $(tr '\n\t' '; ' <"$WORK/segments")"
import sys
rows = [line.split() for line in open(sys.argv[1])]
true = ("1", "True", "true")
fin = next(i for i, (src, f, n) in enumerate(rows) if src == "10.7.0.1" and f in true)
after = rows[fin + 1:]
assert after[0] == ["10.7.0.2", after[0][1], "0"] and after[0][1] not in true, "not acknowledged at once"
data = next(i for i, (src, f, n) in enumerate(after) if src == "10.7.0.2" and n != "0")
end = next(i for i, (src, f, n) in enumerate(after) if src == "10.7.0.2" and f in true)
assert 0 < data < end, "data, then FIN"
PY
    ok "on the wire: FIN, ACK at once, data, FIN: four segments"
else
    ok "tshark is not installed: the order on the wire was not looked at"
fi

background python python3 -c '
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("10.7.0.1", 7000)); s.listen()
while True:
    c, _ = s.accept()
    got = b""
    while True:
        b = c.recv(65536)
        if not b: break
        got += b
    c.sendall(b"%d bytes\n" % len(got)); c.close()'
wait_for 10.7.0.1 7000
got=$(head -c 100000 /dev/zero | timeout 10 "$SEVEN" nc -N 10.7.0.1 7000) || fail "seven nc: exit $?"
[ "$got" = "100000 bytes" ] || fail "seven nc -N got \"$got\""
ok "seven nc -N: 100,000 bytes, then the answer"
