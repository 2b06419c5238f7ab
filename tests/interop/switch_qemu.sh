#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
# unix: ports speak QEMU's framing: a program of its own joins as a virtual machine would, by stream (a length of four
# bytes before each frame) and by datagrams. Seven's own hosts plug in too.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/switch_lib.sh"
enter "$@"
need ip ping curl python3

host a
switch main -i tap:sva -i unix:"$WORK/vm" -i "unix:$WORK/dg,dgram,peer=$WORK/dgvm" --snooping
plug a sva 10.3.0.1/24

# A machine that answers ARP and echo requests, framed as `-netdev stream` or `-netdev dgram` does it.
cat >"$WORK/machine.py" <<'PY'
import os, socket, struct, sys
kind, path, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
mac, ip = bytes([2, 0, 0, 0, 9, last]), bytes([10, 3, 0, last])
if kind == "stream":
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    def exactly(n):
        data = b""
        while len(data) < n:
            part = s.recv(n - len(data))
            if not part: sys.exit(0)
            data += part
        return data
    receive = lambda: exactly(struct.unpack("!I", exactly(4))[0])
    send = lambda frame: s.sendall(struct.pack("!I", len(frame)) + frame)
else:
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(sys.argv[4])
    receive = lambda: s.recv(70000)
    send = lambda frame: s.sendto(frame, path)

def total(data):
    data += b"\0" * (len(data) % 2)
    n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while n >> 16: n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff

while True:
    f = receive()
    if f[12:14] == b"\x08\x06" and f[21] == 1 and f[38:42] == ip:
        send(f[6:12] + mac + f[12:20] + b"\0\2" + mac + ip + f[22:32])
    elif f[12:14] == b"\x08\x00" and f[:6] == mac and f[23] == 1 and f[34] == 0:
        continue
    elif f[12:14] == b"\x08\x00" and f[:6] == mac and f[23] == 1:
        end = 14 + struct.unpack("!H", f[16:18])[0]
        icmp = b"\0\0\0\0" + f[38:end]
        icmp = icmp[:2] + struct.pack("!H", total(icmp)) + icmp[4:]
        head = f[14:24] + b"\0\0" + ip + f[26:30]
        head = head[:10] + struct.pack("!H", total(head)) + head[12:]
        send(f[6:12] + mac + f[12:14] + head + icmp)
PY
background vm1 python3 "$WORK/machine.py" stream "$WORK/vm" 11
VM1=$LAST
background vm2 python3 "$WORK/machine.py" stream "$WORK/vm" 12
background vm3 python3 "$WORK/machine.py" dgram "$WORK/dg" 13 "$WORK/dgvm"
pings_soon 30 a 10.3.0.11 || fail "the first machine does not answer"
pings_soon 30 a 10.3.0.12 || fail "the second machine at the same socket does not answer"
ok "two machines on one stream socket, a port each"
pings_soon 30 a 10.3.0.13 || fail "the machine by datagrams does not answer"
ok "a machine by datagrams"
at a ping -c 2 -i 0.2 -W 1 -s 1472 -q 10.3.0.11 >/dev/null || fail "a full frame does not go through"
ok "frames of 1,514 bytes"

PORT=$(field fdb mac=02:00:00:00:09:0b -- ifname)
stop "$VM1"
gone() { [ -z "$(field fdb mac=02:00:00:00:09:0b -- ifname)" ]; }
until_true 30 gone || fail "a machine that ended is still in the table"
ok "a machine that ends is forgotten"
background vm4 python3 "$WORK/machine.py" stream "$WORK/vm" 14
pings_soon 30 a 10.3.0.14 || fail "its port is not taken by the next"
is "and its port is taken by the next" "$(field fdb mac=02:00:00:00:09:0e -- ifname)" "$PORT"

# TCP from the kernel's host, whose super-frames are cut for a socket that takes none.
head -c 3000000 /dev/urandom >"$WORK/file"
background serve "$SEVEN" serve http --root "$WORK" --port 80 -i "unix:$WORK/vm" -a 10.3.0.20/24
pings_soon 30 a 10.3.0.20 || fail "seven serve does not answer over the socket: $(cat "$WORK/serve.log")"
until_true 30 grep -q "http on" "$WORK/serve.log" || fail "seven serve does not listen" # the address comes first
at a curl -sS -m 20 -o "$WORK/got" http://10.3.0.20/file || fail "curl over the socket"
is "curl fetches 3 MB from Seven on a unix: port" "$(sum_of "$WORK/got")" "$(sum_of "$WORK/file")"

# QEMU itself, its own hub between a stream to this switch and datagrams to another: no machine runs in it.
if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "skip: $NAME: no qemu-system-x86_64 for the last part"
    exit 0
fi
host b
SEVEN_RUNTIME_DIR=$WORK switch other -i tap:svb -i "unix:$WORK/far,dgram,peer=$WORK/farvm"
plug b svb 10.3.0.30/24
background qemu qemu-system-x86_64 -machine none -nodefaults -display none -monitor none \
    -netdev "stream,id=near,server=off,addr.type=unix,addr.path=$WORK/vm" \
    -netdev "dgram,id=far,local.type=unix,local.path=$WORK/farvm,remote.type=unix,remote.path=$WORK/far" \
    -netdev hubport,id=one,hubid=0,netdev=near -netdev hubport,id=two,hubid=0,netdev=far
pings_soon 30 a 10.3.0.30 || fail "nothing goes through QEMU: $(cat "$WORK/qemu.log")"
at a ping -c 2 -i 0.2 -W 5 -s 1472 -q 10.3.0.30 >/dev/null || fail "a full frame does not go through QEMU"
ok "QEMU carries frames between a stream and datagrams"
