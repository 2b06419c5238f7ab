#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven get, as curl: -C goes on where it stopped, -I asks for the head only, -f tells 22, a port nobody listens
# on 7, a server that does not answer 28, a transfer cut short 18.
. "$(dirname "$0")/lib.sh"
need python3 sha256sum
enter "$@"

mkdir "$WORK/site"
seeded 3000000 "$WORK/site/some"
cat >"$WORK/server.py" <<'PY'
import http.server, os, socket, threading
class H(http.server.BaseHTTPRequestHandler):
    def log_message(self, *a): pass
    def answer(self, body):
        whole = open(os.path.join("site", self.path[1:]), "rb").read() if self.path != "/none" else None
        if whole is None: return self.send_error(404)
        rest, r = whole, self.headers.get("Range")
        if r: rest = whole[int(r.split("=")[1].rstrip("-")):]
        self.send_response(206 if r else 200)
        if r: self.send_header("Content-Range", "bytes %d-%d/%d" % (len(whole) - len(rest), len(whole) - 1, len(whole)))
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if body: self.wfile.write(rest)
    def do_GET(self):
        if self.path == "/cut":
            self.send_response(200); self.send_header("Content-Length", "1000"); self.end_headers()
            self.wfile.write(b"x" * 400)
        elif self.path == "/moved":
            self.send_response(302); self.send_header("Location", "/some"); self.send_header("Content-Length", "0")
            self.end_headers()
        else: self.answer(True)
    def do_HEAD(self): self.answer(False)
mute = socket.socket(); mute.bind(("10.7.0.1", 8002)); mute.listen()   # takes connections, says nothing
http.server.ThreadingHTTPServer(("10.7.0.1", 8000), H).serve_forever()
PY
cd "$WORK" || exit 1
background python python3 server.py
wait_for 10.7.0.1 8000
url=http://10.7.0.1:8000
get() { timeout 30 "$SEVEN" get -s "$@" 2>>"$WORK/get.log"; }

want=$(sum_of site/some)
head -c 1234567 site/some >part
get -C - -o part $url/some || fail "-C -: exit $?"
is "-C - goes on after 1,234,567 bytes: sha256 equal" "$(sum_of part)" "$want"
get -C 2999999 -o last $url/some || fail "-C 2999999: exit $?"
is "-C 2999999: one byte" "$(stat -c %s last)" 1
head=$(get -I $url/some) || fail "-I: exit $?"
case $head in
    HTTP/1.?' 200 '*'Content-Length: 3000000'*) ok "-I: the head alone" ;;
    *) fail "-I: $head" ;;
esac
is "-i: head and body" "$(get -i $url/some | head -n 1 | cut -d' ' -f2)" 200
is "-L follows" "$(get -L $url/moved | sha256sum | cut -d' ' -f1)" "$want"
get -f -o none $url/none
is "-f with 404: exit 22" $? 22
get -o none $url/none
is "without -f: exit 0" $? 0
get -o none http://10.7.0.1:9/
is "nobody listens: exit 7" $? 7
get -o none http://10.7.0.9:80/
is "nobody has the address: exit 7" $? 7
get -o none --max-time 1 http://10.7.0.1:8002/
is "no answer within --max-time: exit 28" $? 28
get -o none $url/cut
is "cut short: exit 18" $? 18
get -o /nonexistent/file $url/some
is "cannot be written: exit 23" $? 23
get -o none nonsense://x
is "unknown scheme: exit 1" $? 1
