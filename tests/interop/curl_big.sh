#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A large file each way, checked: curl on the kernel's TCP from Seven, seven get from a server on the kernel's.
# BYTES: default 1 GiB.
. "$(dirname "$0")/lib.sh"
need curl python3 sha256sum
enter "$@"
BYTES=${BYTES:-1073741824}

mkdir "$WORK/site"
seeded "$BYTES" "$WORK/site/big"
want=$(sum_of "$WORK/site/big")

background serve "$SEVEN" serve http --root "$WORK/site"
server=$LAST
wait_for 10.7.0.2 80
start=$(date +%s.%N)
got=$(curl -sS http://10.7.0.2/big | sha256sum | cut -d' ' -f1)
end=$(date +%s.%N)
[ "$got" = "$want" ] || fail "curl got other bytes: $got, not $want"
ok "curl <- Seven: $BYTES bytes, sha256 equal, $(echo "$start $end" | awk '{printf "%.2f s", $2 - $1}')"
stop "$server"

background python python3 -m http.server --bind 10.7.0.1 --directory "$WORK/site" 8000
wait_for 10.7.0.1 8000
start=$(date +%s.%N)
got=$("$SEVEN" get -s -S http://10.7.0.1:8000/big | sha256sum | cut -d' ' -f1)
end=$(date +%s.%N)
[ "$got" = "$want" ] || fail "seven get got other bytes: $got, not $want"
ok "seven get <- kernel: $BYTES bytes, sha256 equal, $(echo "$start $end" | awk '{printf "%.2f s", $2 - $1}')"

# The other way through Seven's sender as a client.
background sink python3 -c '
import hashlib, http.server
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_PUT(self):
        h, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left:
            b = self.rfile.read(min(left, 1 << 20))
            if not b: return
            h.update(b); left -= len(b)
        body = h.hexdigest().encode()
        self.send_response(201); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass
http.server.HTTPServer(("10.7.0.1", 8001), H).serve_forever()'
wait_for 10.7.0.1 8001
got=$("$SEVEN" get -s -S -T "$WORK/site/big" http://10.7.0.1:8001/big) || fail "seven get -T: exit $?"
[ "$got" = "$want" ] || fail "the kernel's server got other bytes: $got, not $want"
ok "seven get -T -> kernel: $BYTES bytes, sha256 equal"
