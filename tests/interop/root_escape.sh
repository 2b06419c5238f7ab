#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# seven serve http --root: no request, however it is written, reads a byte outside. Raw sockets, since clients
# tidy what they are given. Beside it: requests that must not be understood at all (RFC 9112 §3, §6).
. "$(dirname "$0")/lib.sh"
need python3
enter "$@"

mkdir -p "$WORK/site/sub" "$WORK/site-beside"
echo inside >"$WORK/site/in.txt"
echo SECRET >"$WORK/secret"
echo SECRET >"$WORK/site-beside/secret"
ln -s ../secret "$WORK/site/link-up"
ln -s "$WORK/secret" "$WORK/site/link-absolute"
ln -s .. "$WORK/site/link-directory"
ln -s / "$WORK/site/link-root"
ln -s in.txt "$WORK/site/link-in"
mkfifo "$WORK/site/fifo"
background serve "$SEVEN" serve http --root "$WORK/site" -s
wait_for 10.7.0.2 80

cat >"$WORK/ask.py" <<'PY'
import os, socket, sys
work = os.environ["WORK"].encode()
def ask(raw, more=b""):
    s = socket.create_connection(("10.7.0.2", 80), 5); s.settimeout(5)
    try:
        s.sendall(raw)
        got = b""
        while True:
            b = s.recv(65536)
            if not b: break
            got += b
        return got
    except socket.timeout: return b"TIMEOUT " + got
    except ConnectionError: return got or b"RESET"
    finally: s.close()
def get(path): return ask(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
deep = work.lstrip(b"/")
paths = [b"/../secret", b"/%2e%2e/secret", b"/%2E%2E/secret", b"/.%2e/secret", b"/%2e./secret", b"/..%2fsecret",
    b"/..%2Fsecret", b"/%2e%2e%2fsecret", b"/sub/../../secret", b"/sub/%2e%2e/%2e%2e/secret", b"/sub/..%2f..%2fsecret",
    b"/./../secret", b"//../secret", b"/..//secret", b"/sub//../../secret", b"/..\\secret", b"/..%5csecret",
    b"/%252e%252e/secret", b"/%c0%ae%c0%ae/secret", b"/%e0%80%ae%e0%80%ae/secret", b"/%c0%af../secret",
    b"/..%00/secret", b"/in.txt%00", b"/%00/../secret", b"/..;/secret", b"/..%3b/secret", b"/../site-beside/secret",
    b"/link-up", b"/link-absolute", b"/link-directory/secret", b"/link-directory/", b"/link-root/etc/passwd",
    b"/link-root" + work + b"/secret", b"//" + deep + b"/secret", work + b"/secret", b"/%2f" + deep + b"/secret",
    b"/proc/self/root" + work + b"/secret", b"/fifo", b"/fifo/", b"http://h/../secret", b"http://h/%2e%2e/secret",
    b"http://h" + work + b"/secret", b"file://" + work + b"/secret", b"..", b"../secret", b"secret", b"/%2e%2e", b"/..",
    b"/" + b"../" * 60 + deep + b"/secret", b"/" + b"%2e%2e/" * 60 + b"etc/passwd", b"/%", b"/%2", b"/%zz", b"/\x01",
    b"/\xff\xfe/../secret", b"/in.txt/../../secret", b"/in.txt/", b"*"]
wrong = []
for p in paths:
    got = get(p)
    status = got.split(b" ")[1:2]
    refused = status and status[0] in (b"400", b"403", b"404", b"405", b"301", b"421", b"501")
    tidy = status == [b"200"] and b"SECRET" not in got and b"root:" not in got and b"site-beside" not in got
    # What is resolved within the root (/.. is / there: RFC 3986 5.2.4) may be its listing, never the parent's.
    if b"SECRET" in got or b"root:x" in got or b"site-beside" in got or not (refused or (tidy and b"in.txt" in got)):
        wrong.append((p, got[:200]))
print("paths", len(paths), "wrong", wrong)
raw = {
    "no Host": b"GET / HTTP/1.1\r\n\r\n", "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "NUL in the target": b"GET /in.txt\0 HTTP/1.1\r\nHost: h\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
    "blank before the colon": b"GET / HTTP/1.1\r\nHost : h\r\n\r\n",
    "folded line": b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks":
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    "huge length": b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "no such method": b"G\xc3 / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/9": b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
    "too long a target": b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    "too many headers": b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 20000 + b"\r\n",
}
for what, bytes in raw.items():
    got = ask(bytes)
    if not (got.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5")) or got == b"RESET"): print("raw", what, got[:120])
print("alive", get(b"/in.txt").endswith(b"inside\n"),
    get(b"/link-in").endswith(b"inside\n") or b" 403 " in get(b"/link-in"))
PY
WORK=$WORK timeout 60 python3 "$WORK/ask.py" >"$WORK/ask.out" 2>"$WORK/ask.log" || fail "asking: exit $?"
grep -q '^paths [0-9]* wrong \[\]$' "$WORK/ask.out" || fail "$(grep '^paths' "$WORK/ask.out")"
ok "$(awk '/^paths/ { print $2 }' "$WORK/ask.out") paths, not one leads outside"
grep -q '^raw' "$WORK/ask.out" && fail "understood: $(grep '^raw' "$WORK/ask.out")"
ok "14 requests that must be refused are"
is "the server goes on" "$(grep '^alive' "$WORK/ask.out")" "alive True True"
