#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The HTTP engines against programs nobody here wrote: curl and nc ask our server, our client asks Python's.
# Over the kernel's TCP on loopback, so that what fails here is HTTP. Usage: http_posix.sh HARNESS
set -u
bin=$1
for tool in curl nc python3 sha256sum; do
    command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
dir=$(mktemp -d)
pids=()
cleanup() {
    exec {feed}>&- 2>/dev/null
    for p in "${pids[@]}"; do kill "$p" 2>/dev/null; done
    rm -rf "$dir"
}
trap cleanup EXIT
checks=0 failures=0
is() { # what got want
    checks=$((checks + 1))
    [ "$2" = "$3" ] && return
    failures=$((failures + 1))
    printf 'FAIL %s\n  got:  %s\n  want: %s\n' "$1" "$2" "$3"
}
has() { # what text part
    checks=$((checks + 1))
    case $2 in *"$3"*) return ;; esac
    failures=$((failures + 1))
    printf 'FAIL %s\n  got:  %s\n  no:   %s\n' "$1" "$2" "$3"
}
sum() { sha256sum <"$1" | cut -c1-64; }

root=$dir/root
mkdir -p "$root/sub/deep" "$root/site" "$root/empty" "$dir/secret"
head -c 67108864 /dev/urandom >"$root/big.bin"
head -c 100000 /dev/urandom >"$root/sub/mid.bin"
printf 'hello, world\n' >"$root/hello.txt"
printf '<p>index' >"$root/site/index.html"
: >"$root/zero"
printf 'x' >"$root/a b&<c>'\"?#%.txt"
printf 'x' >"$root/名字.txt"
printf 'hidden' >"$root/.dot"
printf 'outside' >"$dir/secret/s.txt"
ln -s hello.txt "$root/inlink.txt"
ln -s ../secret/s.txt "$root/outlink.txt"
ln -s ../secret "$root/outdir"
ln -s /etc/passwd "$root/abslink"
touch -d '2020-02-02 02:02:02 UTC' "$root/hello.txt"
mkfifo "$root/fifo"

serve() { # arguments; sets $url $port
    mkfifo "$dir/in.$$.$RANDOM" && local in=$_
    "$bin" serve "$root" "$@" <"$in" >"$dir/port" 2>>"$dir/log" &
    pids+=($!)
    exec {feed}>"$in" # our end: the server leaves when it closes
    for _ in $(seq 100); do grep -q port "$dir/port" && break; sleep 0.05; done
    port=$(cut -d' ' -f2 "$dir/port")
    url=http://127.0.0.1:$port
}
c() { curl -sS --max-time 60 "$@"; }
code() { c -o /dev/null -w '%{http_code}' "$@"; }

for mode in plain map walk; do
    : >"$dir/port"
    serve $mode
    # whole files
    c -o "$dir/got" "$url/big.bin"; is "$mode 64 MiB" "$(sum "$dir/got")" "$(sum "$root/big.bin")"
    c -o "$dir/got" "$url/sub/mid.bin"; is "$mode 100 kB" "$(sum "$dir/got")" "$(sum "$root/sub/mid.bin")"
    is "$mode text" "$(c "$url/hello.txt")" "hello, world"
    is "$mode empty" "$(c -w '%{http_code} %{size_download}' "$url/zero")" "200 0"
    # resuming, ranges
    head -c 30000000 "$root/big.bin" >"$dir/part"
    c -C - -o "$dir/part" "$url/big.bin"; is "$mode resume" "$(sum "$dir/part")" "$(sum "$root/big.bin")"
    is "$mode range" "$(c -r 7-11 "$url/hello.txt")" "world"
    is "$mode suffix" "$(c -r -6 "$url/hello.txt")" "world"
    is "$mode 416" "$(code -r 13- "$url/hello.txt")" 416
    has "$mode multipart" "$(c -r 0-4,7-11 "$url/hello.txt")" "Content-Range: bytes 7-11/13"
    # several URLs on one connection; 1.0; HEAD
    is "$mode keep-alive" "$(c -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects} ' \
        "$url/hello.txt" "$url/sub/mid.bin" "$url/nowhere")" "1 0 0 "
    is "$mode 1.0" "$(c --http1.0 "$url/hello.txt")" "hello, world"
    has "$mode 1.0 keep-alive" "$(c --http1.0 -H 'Connection: keep-alive' -o /dev/null -D - "$url/hello.txt")" \
        "Connection: keep-alive"
    head=$(c -I "$url/hello.txt")
    has "$mode HEAD length" "$head" "Content-Length: 13"
    has "$mode HEAD date" "$head" "Last-Modified: Sun, 02 Feb 2020 02:02:02 GMT"
    # conditions
    is "$mode -z newer" "$(code -z "$root/hello.txt" "$url/hello.txt")" 304
    is "$mode -z older" "$(code -z '1 Jan 2019' "$url/hello.txt")" 200
    c -o /dev/null --etag-save "$dir/etag" "$url/hello.txt"
    is "$mode etag" "$(code --etag-compare "$dir/etag" "$url/hello.txt")" 304
    # directories
    is "$mode redirect" "$(code "$url/site")" 301
    is "$mode followed" "$(c -L "$url/site")" "<p>index"
    list=$(c "$url/")
    has "$mode listing, escaped" "$list" \
        'href="a%20b%26%3Cc%3E%27%22%3F%23%25.txt">a b&amp;&lt;c&gt;&#39;&quot;?#%.txt<'
    has "$mode listing, UTF-8" "$list" '>名字.txt<'
    has "$mode listing, directory" "$list" '<a href="sub/">sub/</a>'
    is "$mode listing, hidden" "$(grep -c -e '\.dot' -e fifo -e outlink -e outdir -e abslink <<<"$list")" 0
    is "$mode odd name" "$(c "$url/a%20b%26%3Cc%3E%27%22%3F%23%25.txt")" x
    is "$mode UTF-8 name" "$(c "$url/%E5%90%8D%E5%AD%97.txt")" x
    is "$mode dot file" "$(c "$url/.dot")" hidden
    is "$mode redirect stays here" "$(c -o /dev/null -w '%{redirect_url}' --path-as-is "$url//sub")" "$url/sub/"
    # nothing outside
    want=200; [ $mode = walk ] && want=403
    is "$mode link within" "$(code "$url/inlink.txt")" $want
    for path in /outlink.txt /outdir/s.txt /abslink; do
        got=$(code "$url$path")
        case $got in 403 | 404) got=refused ;; esac
        is "$mode link out $path" "$got" refused
    done
    for path in /../secret/s.txt /%2e%2e/secret/s.txt /sub/..%2f..%2fsecret/s.txt /sub/../../secret/s.txt \
        /%2e%2e%2fsecret%2fs.txt /..%5csecret%5cs.txt '/..\secret\s.txt' /%00 /hello.txt%00.html //etc/passwd \
        /proc/self/root/etc/passwd /fifo; do
        got=$(code --path-as-is "$url$path")
        case $got in 400 | 403 | 404) got=refused ;; esac
        is "$mode $path" "$got" refused
    done
    # methods, bodies
    is "$mode OPTIONS" "$(code -X OPTIONS "$url/")" 204
    is "$mode POST" "$(code -d x=y "$url/hello.txt")" 405
    is "$mode PUT" "$(code -T "$root/sub/mid.bin" "$url/hello.txt")" 405
    is "$mode PUT, too large" "$(head -c 3000000 /dev/zero | code -T - "$url/hello.txt" 2>/dev/null)" 405
    is "$mode GET with a chunked body" \
        "$(c -X GET -H 'Transfer-Encoding: chunked' -d abc "$url/hello.txt")" "hello, world"
    is "$mode long URI" "$(code "$url/$(head -c 9000 /dev/zero | tr '\0' a)")" 414
    is "$mode long field" "$(code -H "X: $(head -c 20000 /dev/zero | tr '\0' a)" "$url/")" 431
    # pipelining: answers in order, also for a peer that has finished sending
    req() { printf '%s HTTP/1.1\r\nHost: x\r\n%s\r\n' "$1" "${2-}"; }
    out=$( (req 'GET /hello.txt'; req 'HEAD /zero'; req 'GET /nope'
        req 'GET /hello.txt' $'Connection: close\r\n') |
        nc -N -w 5 127.0.0.1 "$port")
    is "$mode pipelining" "$(grep -ao '^HTTP/1.1 [0-9]*' <<<"$out" | cut -d' ' -f2 | tr '\n' ' ')" "200 200 404 200 "
    out=$(for _ in $(seq 500); do req 'GET /hello.txt'; done | nc -N -w 10 127.0.0.1 "$port")
    is "$mode 500 pipelined" "$(grep -ac '^hello, world' <<<"$out")" 500
    exec {feed}>&-
    wait "${pids[-1]}"; is "$mode server's end" $? 0
    unset 'pids[-1]'
done
# timeouts
: >"$dir/port"; serve plain timeout=300
has "408" "$( (printf 'GET / HTTP/1.1\r\nHo'; sleep 1) | nc -w 5 127.0.0.1 "$port")" "HTTP/1.1 408 Request Timeout"
is "quiet when idle" "$( (sleep 1) | nc -w 5 127.0.0.1 "$port")" ""
exec {feed}>&-; wait "${pids[-1]}"; unset 'pids[-1]'

# our client and Python's server
: >"$dir/py"
(cd "$root" && exec python3 -u -m http.server --bind 127.0.0.1 0) >"$dir/py" 2>/dev/null &
pids+=($!)
for _ in $(seq 100); do grep -q port "$dir/py" && break; sleep 0.05; done
port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$dir/py")
url=http://127.0.0.1:$port
is "client, 64 MiB" "$("$bin" get -o "$dir/got" "$url/big.bin")" "200 67108864 DONE new"
is "client, bytes" "$(sum "$dir/got")" "$(sum "$root/big.bin")"
is "client, 404" "$("$bin" get "$url/nope" | cut -d' ' -f1,3)" "404 DONE"
is "client, HEAD" "$("$bin" get -I "$url/hello.txt" | cut -d' ' -f1,2,3)" "200 0 DONE"
is "client, PUT refused" "$("$bin" get -T "$root/hello.txt" "$url/x" | cut -d' ' -f1,3)" "501 DONE"

# our client and a Python server that keeps connections, sends chunks, takes uploads, and cuts short
cat >"$dir/server.py" <<'PY'
import hashlib, http.server, sys
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *a): pass
    def do_GET(self):
        if self.path == '/short':
            self.send_response(200); self.send_header('Content-Length', '1000'); self.end_headers()
            self.wfile.write(b'x' * 400); self.close_connection = True
        elif self.path == '/shortchunk':
            self.send_response(200); self.send_header('Transfer-Encoding', 'chunked'); self.end_headers()
            self.wfile.write(b'5\r\nhello\r\n'); self.close_connection = True
        elif self.path == '/toend':
            self.send_response(200); self.send_header('Connection', 'close'); self.end_headers()
            self.wfile.write(b'y' * 300000)
        elif self.path == '/none':
            self.close_connection = True
        else:
            self.send_response(200); self.send_header('Transfer-Encoding', 'chunked'); self.end_headers()
            for i in range(200):
                piece = bytes([65 + i % 26]) * (i * 37 + 1)
                self.wfile.write(b'%X;n=v\r\n%s\r\n' % (len(piece), piece))
            self.wfile.write(b'0\r\nX-Sum: 1\r\n\r\n')
    def do_PUT(self):
        if self.headers.get('Transfer-Encoding') == 'chunked':
            body = b''
            while True:
                n = int(self.rfile.readline(), 16)
                body += self.rfile.read(n); self.rfile.readline()
                if n == 0: break
        else:
            body = self.rfile.read(int(self.headers['Content-Length']))
        print(hashlib.sha256(body).hexdigest(), flush=True)
        self.send_response(201); self.send_header('Content-Length', '0'); self.end_headers()
s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)
print('port', s.server_address[1], flush=True)
s.serve_forever()
PY
: >"$dir/py"
python3 -u "$dir/server.py" >"$dir/py" 2>/dev/null &
pids+=($!)
for _ in $(seq 100); do grep -q port "$dir/py" && break; sleep 0.05; done
port=$(sed -n 's/port //p' "$dir/py")
url=http://127.0.0.1:$port
is "client, chunks, one connection" "$("$bin" get "$url/a" "$url/b" "$url/c" | tr '\n' ' ')" \
    "200 736500 DONE new 200 736500 DONE reused 200 736500 DONE reused "
is "client, to the end" "$("$bin" get "$url/toend")" "200 300000 DONE new"
is "client, short" "$("$bin" get "$url/short")" "200 400 TRUNCATED new"
is "client, short chunks" "$("$bin" get "$url/shortchunk")" "200 5 TRUNCATED new"
is "client, nothing" "$("$bin" get "$url/none")" "0 0 EMPTY new"
is "client, PUT" "$("$bin" get -T "$root/sub/mid.bin" "$url/up")" "201 0 DONE new"
is "client, PUT in chunks" "$("$bin" get -Tchunked "$root/sub/mid.bin" "$url/up")" "201 0 DONE new"
is "client, what was put" "$(grep -c "$(sum "$root/sub/mid.bin")" "$dir/py")" 2
is "server log has no sanitizer report" \
    "$(grep -c -e 'runtime error' -e AddressSanitizer -e 'broken promise' "$dir/log")" 0
echo "$checks checks, $failures failures"
[ $failures = 0 ]
