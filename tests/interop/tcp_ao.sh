#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The TCP authentication option (RFC 5925) with scapy's, which signs and checks: a connection with both algorithms, data
# both ways, a roll-over in the middle, a wrong key, an unsigned reset, a close. (Of kernels few are built with it.)
. "$(dirname "$0")/lib.sh"
PYTHON=python3
python3 -c 'import scapy.all' 2>/dev/null || PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || need python3
"$PYTHON" -c 'import scapy.contrib.tcpao' 2>/dev/null || skip "scapy with TCP-AO is not installed"
"$PYTHON" -c 'from cryptography.hazmat.primitives import cmac' 2>/dev/null ||
    skip "python's cryptography is not installed"
enter "$@"

# A peer at 10.7.0.9, which is nobody's: the kernel does not answer for it.
cat >"$WORK/peer.py" <<'PY'
import logging, socket, sys, time
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import ARP, Ether, IP, TCP, Raw
from scapy.contrib.tcpao import get_alg, calc_tcpao_mac, calc_tcpao_traffic_key

ME, YOU, MAC = "10.7.0.9", "10.7.0.2", "02:00:00:00:00:99"
alg, port = get_alg(sys.argv[1]), int(sys.argv[2])
covered = sys.argv[3] == "all"
keys = {11: b"a secret", 21: b"the next secret"}      # what we sign with, by id
theirs = {10: b"a secret", 20: b"the next secret"}    # what they do
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("seven0", 0))
mac = None

def take(until):
    """the next segment for us, questions for our address answered"""
    global mac
    while time.monotonic() < until:
        s.settimeout(max(until - time.monotonic(), 0.01))
        try:
            e = Ether(s.recv(2000))
        except socket.timeout:
            break
        if ARP in e and e[ARP].op == 1 and e[ARP].pdst == ME:
            mac = e.src
            s.send(bytes(Ether(src=MAC, dst=e.src) / ARP(op=2, hwsrc=MAC, psrc=ME, hwdst=e.src, pdst=e[ARP].psrc)))
        elif ARP in e and e[ARP].op == 2 and e[ARP].psrc == YOU:
            mac = e.src
        elif TCP in e and e[IP].dst == ME and e[TCP].dport == port:
            return e
    return None

isn = {"me": 0xfffff000, "you": 0}
seq, ack, current, wanted = isn["me"], 0, 11, 10

def ao(e):
    return next((o[1] for o in e[TCP].options if o[0] == "AO"), None)

def give(flags, data=b"", key=None, sign=True, at=None):
    global seq
    base = IP(src=ME, dst=YOU) / TCP(sport=port, dport=7, seq=(seq if at is None else at) & 0xffffffff,
                                     ack=ack & 0xffffffff, flags=flags, window=60000)
    if "S" in flags:
        base[TCP].options = [("MSS", 1460), ("SAckOK", b""), ("NOP", None), ("WScale", 0)]
    if sign:
        base[TCP].options = base[TCP].options + [("AO", bytes([current, wanted]) + b"\0" * 12)]
    p = IP(bytes(base / Raw(data)))
    if sign:
        first = "S" in flags and "A" not in flags
        traffic = calc_tcpao_traffic_key(p, alg, key or keys[current], isn["me"], 0 if first else isn["you"])
        code = calc_tcpao_mac(p, alg, traffic, include_options=covered, sne=0 if seq < 1 << 32 else 1)
        base[TCP].options[-1] = ("AO", bytes([current, wanted]) + code)
        p = IP(bytes(base / Raw(data)))
    s.send(bytes(Ether(src=MAC, dst=mac) / p))
    if at is None and key is None and sign:
        seq += len(data) + ("S" in flags) + ("F" in flags)

def seen(e):
    """its data, if it is signed as it should be"""
    o = bytes(ao(e))
    if "S" in e[TCP].flags:
        isn["you"] = e[TCP].seq
    traffic = calc_tcpao_traffic_key(e[IP], alg, theirs[o[0]], isn["you"], isn["me"])
    code = calc_tcpao_mac(e[IP], alg, traffic, include_options=covered, sne=0 if e[TCP].seq >= isn["you"] else 1)
    assert o[2:] == code, "a code of Seven's is not scapy's"
    n = e[IP].len - 20 - e[TCP].dataofs * 4
    return o, bytes(e[TCP].payload)[:n]

def expect(what, done):
    global ack
    end = time.monotonic() + 15
    while not done():
        e = take(end)
        assert e is not None, what + " did not come"
        o, data = seen(e)
        ids.add((o[0], o[1]))
        if e[TCP].seq == ack & 0xffffffff or "S" in e[TCP].flags:
            ack = e[TCP].seq + len(data) + ("S" in e[TCP].flags) + ("F" in e[TCP].flags)
            got.append((str(e[TCP].flags), data))
            if data or "F" in e[TCP].flags:
                give("A")

ids, got = set(), []
end = time.monotonic() + 15
while mac is None and time.monotonic() < end:
    s.send(bytes(Ether(src=MAC, dst="ff:ff:ff:ff:ff:ff") / ARP(op=1, hwsrc=MAC, psrc=ME, pdst=YOU)))
    take(time.monotonic() + 0.2)
give("S", key=b"wrong")
give("S", sign=False)
give("S")
expect("SYN,ACK", lambda: got)
assert got[0][0] == "SA", got
give("A")
text = bytes(range(256)) * 32                          # over the edge of 2^32
give("PA", text[:1000], key=b"wrong")
for i in range(0, len(text), 1024):
    give("PA", text[i:i + 1024])
expect("the echo", lambda: sum(len(d) for f, d in got) >= len(text))
assert b"".join(d for f, d in got) == text, "what came back"
current, wanted = 21, 20                               # roll over
give("PA", b"again")
expect("the echo by the next key", lambda: got[-1][1] == b"again")
assert any(k == 20 for k, n in ids), ids
give("R", sign=False)
give("FA")
expect("FIN", lambda: "F" in got[-1][0])
print("ids", sorted(ids))
PY

peer() { # ALGORITHM WORDS PORT OPTIONS
    background serve "$SEVEN" serve echo --tcp-ao "${2}10,11,a secret@10.7.0.9" \
        --tcp-ao "${2}20,21,the next secret@10.7.0.9"
    local server=$LAST
    until_true 10 "$SEVEN" ss -s >/dev/null 2>&1 || fail "Seven does not come up"
    "$PYTHON" "$WORK/peer.py" "$1" "$3" "$4" >"$WORK/peer.out" 2>"$WORK/peer.log" || fail "scapy's peer"
    [ "$(counter TCP_AO_WRONG)" -ge 2 ] || fail "wrong codes were not counted"
    [ "$(counter TCP_AO_MISSING)" -ge 2 ] || fail "missing codes were not counted"
    ok "$1, $4: handshake, data over the edge of the numbers, roll-over, close"
    stop "$server"
}
peer HMAC-SHA-1-96 "" 4001 all
peer AES-128-CMAC-96 "aes,bare," 4002 own
