#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# TCP MD5 signatures (RFC 2385) with the kernel's, both ways: data, a close, a wrong key, none. tcpdump, which is told
# the key, finds each of our signatures right.
. "$(dirname "$0")/lib.sh"
need python3
enter "$@"

# kernel KEY connect|serve: the kernel's end, with that key for 10.7.0.2; - for none.
cat >"$WORK/kernel.py" <<'PY'
import socket, struct, sys, errno
key, what = sys.argv[1].encode(), sys.argv[2]
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if key != b"-":
    peer = struct.pack("=HH4s", socket.AF_INET, 0, socket.inet_aton("10.7.0.2")).ljust(128, b"\0")
    try:
        s.setsockopt(socket.IPPROTO_TCP, 14, peer + struct.pack("=BBHi", 0, 0, len(key), 0) + key.ljust(80, b"\0"))
    except OSError as e:
        sys.exit(77 if e.errno in (errno.ENOPROTOOPT, errno.EINVAL, errno.EPERM) else str(e))
text = bytes(i * 7 & 255 for i in range(200000))
if what == "try":
    sys.exit(0)
if what == "serve":
    s.bind(("10.7.0.1", 7000)); s.listen()
    print("ready", flush=True)
    c, _ = s.accept()
    got = b""
    while (b := c.recv(65536)): got += b
    c.sendall(b"%d bytes\n" % len(got))
    sys.exit(0)
s.settimeout(20)
s.connect(("10.7.0.2", 7))
s.settimeout(None)
import threading
threading.Thread(target=lambda: (s.sendall(text), s.shutdown(socket.SHUT_WR))).start()
got = b""
while (b := s.recv(65536)): got += b
print("same" if got == text else "%d bytes of %d" % (len(got), len(text)))
PY
python3 "$WORK/kernel.py" key try || { [ $? -eq 77 ] && skip "this kernel has no TCP_MD5SIG"; fail "TCP_MD5SIG"; }

# dropped NAME: were any dropped for this reason?
dropped() { [ "$(counter "$1" 2>/dev/null || echo 0)" -gt 0 ]; }

background serve "$SEVEN" serve echo --md5 "a secret@10.7.0.1" -w "$WORK/md5.pcapng"
server=$LAST
until_true 10 "$SEVEN" ss -s >/dev/null 2>&1
is "the kernel signs, Seven echoes" "$(python3 "$WORK/kernel.py" "a secret" connect)" same
background unsigned python3 "$WORK/kernel.py" - connect
until_true 10 dropped TCP_MD5_MISSING || fail "an unsigned SYN was not dropped"
ok "an unsigned SYN is dropped"
background wrong python3 "$WORK/kernel.py" "a secre7" connect
until_true 10 dropped TCP_MD5_WRONG || fail "a SYN signed with another key was not dropped"
ok "a SYN signed with another key is dropped"
stop "$server"

if command -v tcpdump >/dev/null 2>&1; then
    tcpdump -nvr "$WORK/md5.pcapng" -M "a secret" "tcp and src 10.7.0.2" >"$WORK/dump" 2>/dev/null
    ours=$(grep -c 'Flags' "$WORK/dump") valid=$(grep -c 'md5 valid' "$WORK/dump")
    [ "$ours" -gt 10 ] || fail "tcpdump saw $ours segments of ours"
    is "tcpdump: of $ours segments the valid ones" "$valid" "$ours"
fi

background kernel python3 "$WORK/kernel.py" "0x00" serve
until_true 10 grep -q ready "$WORK/kernel.out" || fail "the kernel's server"
got=$(head -c 100000 /dev/zero | timeout 20 "$SEVEN" nc -N --md5 0x30783030@10.7.0.0/24 10.7.0.1 7000)
is "Seven opens, the kernel answers" "$got" "100000 bytes"
