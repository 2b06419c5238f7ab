#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 20,000 connections, one request each, from the kernel's sockets; afterwards the pool is as full as before.
. "$(dirname "$0")/lib.sh"
need python3
enter "$@"
COUNT=${COUNT:-20000}

mkdir "$WORK/site"
echo hello >"$WORK/site/hello.txt"
background serve "$SEVEN" serve http --root "$WORK/site" -s
wait_for 10.7.0.2 80
sleep 0.5
bufs=$(counter bufs_free) slabs=$(counter slabs_free)

cat >"$WORK/client.py" <<'PY'
import socket, sys, threading
count, workers, wrong = int(sys.argv[1]), 8, []
def work(n):
    for _ in range(n):
        try:
            s = socket.create_connection(("10.7.0.2", 80), 10)
            s.settimeout(10)
            s.sendall(b"GET /hello.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            got = b""
            while True:
                b = s.recv(65536)
                if not b: break
                got += b
            s.close()
            if not (got.startswith(b"HTTP/1.1 200 ") and got.endswith(b"\r\n\r\nhello\n")): wrong.append(got[:60])
        except OSError as e:
            wrong.append(e)
threads = [threading.Thread(target=work, args=(count // workers,)) for _ in range(workers)]
[t.start() for t in threads]; [t.join() for t in threads]
if wrong: sys.exit("%d of %d went wrong, the first: %r" % (len(wrong), count, wrong[0]))
PY
python3 "$WORK/client.py" "$COUNT" || fail "see above"
ok "$COUNT connections, all answered"

settled() {
    [ "$(counter bufs_free)" -eq "$bufs" ] && slabs_back "$slabs" &&
        [ "$(in_state state established)" -eq 0 ]
}
until_true 10 settled || fail "the pool had $bufs packets and $slabs slabs free, now" \
    "$(counter bufs_free) and $(counter slabs_free); $(in_state state established) connections are left"
ok "the pool is as before: $bufs packets, $slabs slabs free"
