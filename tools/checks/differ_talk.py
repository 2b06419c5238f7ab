# SPDX-License-Identifier: BSD-2-Clause
"""Conversations for tools/differ: made from a seed, told in words; segments made and read."""

import random
import struct
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
LETTERS = ((SYN, "S"), (FIN, "F"), (RST, "R"), (ACK, "."), (URG, "U"))
PEER, HOST, PORT = bytes([192, 0, 2, 2]), bytes([192, 0, 2, 1]), 8080
PEERS_PORT = 9090  # when the stack opens
FAR = 3000000  # beyond every window


class Segment(NamedTuple):
    """Of the peer's; numbers count from both sides' initial ones."""
    flags: int
    seq: int
    ack: int = 0
    length: int = 0
    window: int = 65535
    stamp: int = 0  # how much older than now its timestamp is; -1: it has none
    urgent: int = 0
    blocks: tuple = ()  # of SACK, edges of our stream

    def __str__(self):
        extra = f" sack {' '.join(f'{a}:{b}' for a, b in self.blocks)}" if self.blocks else ""
        extra += f" win {self.window}" if self.window != 65535 else ""
        extra += " without timestamp" if self.stamp == -1 else f" timestamp {self.stamp} older" if self.stamp else ""
        extra += f" urg {self.urgent}" if self.flags & URG else ""
        return (f"< {letters(self.flags)} {self.seq}:{self.seq + self.length}({self.length})"
                f"{f' ack {self.ack}' if self.flags & ACK else ''}{extra}")


class Call(NamedTuple):
    name: str
    bytes: int = 0

    def __str__(self):
        return f"{self.name}({self.bytes or ''})"


def letters(flags):
    return "".join(c for bit, c in LETTERS if flags & bit) or "-"


def total(data):
    if len(data) % 2:
        data += b"\0"
    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return n


def packet(ports, s, seq, ack, options):
    """The segment as IPv4 has it, from the one port to the other."""
    options += b"\1" * (-len(options) % 4)
    tcp = struct.pack("!HHIIBBHHH", *ports, seq & 0xffffffff, ack & 0xffffffff if s.flags & ACK else 0,
                      (20 + len(options)) // 4 << 4, s.flags, s.window, 0, s.urgent) + options + b"\0" * s.length
    pseudo = PEER + HOST + struct.pack("!HH", 6, len(tcp))
    tcp = tcp[:16] + struct.pack("!H", 0xffff ^ total(pseudo + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0x4000, 64, 6, 0) + PEER + HOST
    return ip[:10] + struct.pack("!H", 0xffff ^ total(ip)) + ip[12:] + tcp


class Seen:
    """A segment of the stack's."""

    def __init__(self, raw):
        tcp = raw[(raw[0] & 15) * 4:struct.unpack("!H", raw[2:4])[0]]
        words = struct.unpack("!HHIIBBHHH", tcp[:20])
        self.source, self.port, self.seq, self.ack, offset, flags, self.window, _, _ = words
        self.flags = flags & (FIN | SYN | RST | ACK | URG)
        header = (offset >> 4) * 4
        self.length = len(tcp) - header
        self.options = list(self._options(tcp[20:header]))

    @staticmethod
    def _options(data):
        at = 0
        while at < len(data) and data[at]:
            if data[at] == 1:
                at += 1
                continue
            yield data[at], data[at + 2:at + data[at + 1]]
            at += data[at + 1]


class Talk:
    """One conversation: how it opens, and its steps, each a list of segments and calls a moment apart."""

    def __init__(self, seed, active=False, wide=True):
        self.seed, self.active, self.wide = seed, active, wide
        chance = self.chance = random.Random(seed if not active else f"active {seed}")
        self.isn = chance.choice([chance.getrandbits(32), 0xffffff00])
        self.mss = chance.choice([536, 1000, 1460])
        self.timed, self.sack = chance.random() < 0.5, chance.random() < 0.5
        self.scale = chance.choice([None, 0, 3])
        self.nxt, self.una, self.written, self.finished, self.over = 1, 1, 0, False, False
        self.holes = []
        self.pending, self.una_later = None, 1
        self.steps = self._opens() if active else [[Segment(SYN, 0)], *self._third()]
        for _ in range(chance.randint(2, 9)):
            self.steps.append(self._step())

    @property
    def opening(self):
        return (f"{'active, ' if self.active else ''}mss {self.mss}"
                f"{', timestamps' if self.timed else ''}{', sack' if self.sack else ''}"
                f"{f', scale {self.scale}' if self.scale is not None else ''}")

    def without(self, k):
        """A copy that lacks step k, or its parts after the first; None where that makes no sense."""
        if k == 0 or (self.active and any(isinstance(s, Segment) and s.flags == SYN | ACK and s.ack == 1
                                          for s in self.steps[k])):
            return None
        other = object.__new__(Talk)
        other.__dict__.update(self.__dict__)
        other.steps = self.steps[:k] + self.steps[k + 1:]
        return other

    def unacknowledged(self, step):
        """Was something that was written before this step not acknowledged within its own? It was sent again then, or
        something else was, when the clock said. What acknowledges more than there is, or is old, does
        not count."""
        written, finished, acked, came = 0, 0, 1, 1
        for what in self.steps[:step]:
            for s in what:
                if isinstance(s, Call):
                    written += s.bytes if s.name == "write" else 0
                    finished |= s.name in ("shutdown", "close")
                elif s.flags & ACK and s.ack <= 1 + written + finished and s.seq + s.length >= came:
                    acked = max(acked, s.ack)
                    came = max(came, s.seq + s.length if s.seq <= came else came)
            if written and acked < 1 + written:
                return True
        return False

    def told(self):
        return [", ".join(map(str, step)) for step in self.steps]

    def _third(self):
        chance, kind = self.chance, self.chance.random()
        good = Segment(ACK, 1, 1)
        if kind < 0.8:
            return [[good]]
        if kind < 0.85:
            return [[Segment(ACK, 1, 1, self._take(chance.randint(1, 500)))]]
        odd = [Segment(ACK, 1, chance.choice([0, 2, 5000, -5])), Segment(SYN, 0), Segment(SYN, 5), Segment(RST, 0),
               Segment(RST, 100), Segment(ACK | RST, 1, 1), Segment(0, 1), Segment(FIN | ACK, 1, 1),
               Segment(SYN | ACK, 0, 1), Segment(ACK, 100, 1, 50), Segment(ACK, 0, 1, 1),
               Segment(ACK, 1, 1, 0, stamp=chance.choice([-1, 500]))]
        return [[chance.choice(odd)], [good]]

    def _opens(self):
        """connect() has sent a SYN: sometimes something odd comes before the answer, or both open at once."""
        chance, kind = self.chance, self.chance.random()
        answer = [[Segment(SYN | ACK, 0, 1, window=chance.choice([65535, 65535, 5000]))]]
        if kind < 0.75:
            return [[Call("connect")], *answer]
        if kind < 0.85:
            return [[Call("connect")], [Segment(SYN, 0)],
                    chance.choice([[Segment(SYN | ACK, 0, 1)], [Segment(ACK, 1, 1)], [Segment(ACK, 1, 1, 10)]])]
        odd = [Segment(ACK, 1, 1), Segment(ACK, 1, 0), Segment(ACK, 1, 5000), Segment(SYN | ACK, 0, 0),
               Segment(SYN | ACK, 0, 2), Segment(SYN | ACK, 0, 70000), Segment(RST, 0), Segment(RST | ACK, 0, 0),
               Segment(RST | ACK, 0, 1), Segment(RST | ACK, 0, 2), Segment(0, 1), Segment(FIN, 1),
               Segment(SYN | ACK | RST, 0, 1), Segment(FIN | ACK, 1, 1), Segment(ACK, 1, 1, 10),
               Segment(SYN | ACK | FIN, 0, 1), Segment(SYN | ACK, 0, 1, 10), Segment(URG, 1, 0, 0, urgent=1)]
        return [[Call("connect")], [chance.choice(odd)], *answer]

    def _take(self, n):
        self.nxt += n
        return n

    def _ack(self, flags=0, seq=None, length=0, **more):
        return Segment(ACK | flags, self.nxt if seq is None else seq, self.una, length, **more)

    def _step(self):
        chance = self.chance
        if self.pending:
            step, self.pending, self.una = self.pending, None, self.una_later
            return step
        if self.finished and not self.over and chance.random() < 0.3:
            return [Call("read")]
        kinds = [self._data] * 6 + [self._odd_data] * 6 + [self._write] * 5 + [self._odd_ack] * 4 + [self._fin] * 2 + [
            self._reset] * 2 + [self._syn] + [self._call] * 3 + [self._stamp] * (2 if self.timed else 0)
        if self.wide:
            kinds += [self._shut, self._shrink, self._keepalive] * 2 + [self._blocks] * (4 if self.sack else 1)
        return chance.choice(kinds)()

    def _data(self):
        seq, n = self.nxt, self.chance.choice([1, 100, 536, self.mss])
        if self.finished:
            return [self._ack(length=n)]
        if self.holes and self.chance.random() < 0.7:
            end = self.holes.pop(0)
            step = [self._ack(PSH, length=end - seq if end > seq else n)]
            self.nxt = max(self.nxt, end)
            return step
        self._take(n)
        return [self._ack(PSH, seq, n)]

    def _odd_data(self):
        chance, kind = self.chance, self.chance.randrange(7)
        n = chance.choice([1, 10, 300])
        if kind == 0 and not self.finished:  # a hole
            gap = chance.choice([1, 100, 1000])
            self.holes.append(self.nxt + gap)
            return [self._ack(seq=self.nxt + gap, length=n)]
        if kind == 1:
            return [self._ack(seq=max(self.nxt - n, 1), length=n)]  # old, or overlapping
        if kind == 2:
            return [self._ack(seq=self.nxt - 1, length=chance.choice([0, 1, 2]))]  # a keepalive
        if kind == 3:
            return [self._ack(seq=self.nxt + chance.choice([-100000, FAR, 10000000]), length=chance.choice([0, n]))]
        if kind == 4:
            return [Segment(chance.choice([0, PSH, FIN, URG]), self.nxt, 0, n)]  # no ACK
        if kind == 5:
            return [self._ack(URG, length=0, urgent=chance.choice([0, 1]))]
        return [self._ack(seq=max(self.nxt - 5, 1), length=n)]

    def _write(self):
        chance = self.chance
        n = chance.choice([1, 100, self.mss, 2 * self.mss])
        self.written += n
        step = [Call("write", n)]
        if chance.random() < 0.9:
            self.una = 1 + self.written
            step.append(self._ack(window=chance.choice([65535, 65535, 30000])))
        return step

    def _shut(self):
        """The window closes with what it acknowledges, something is written, and it opens again."""
        chance, n = self.chance, self.chance.choice([100, self.mss])
        step = [self._ack(window=0), Call("write", n)]
        self.written += n
        if chance.random() < 0.8:
            self.una_later = 1 + self.written
            self.pending = [self._ack(window=chance.choice([1, 50, self.mss, 65535]))]
        return step

    def _shrink(self):
        """More is in flight than the window that comes then lets pass."""
        n = self.chance.choice([2, 3]) * self.mss
        self.written += n
        step = [Call("write", n), self._ack(window=self.chance.choice([0, 1, self.mss]))]
        self.pending = [Segment(ACK, self.nxt, 1 + self.written)]
        self.una_later = 1 + self.written
        return step

    def _keepalive(self):
        return [self._ack(seq=self.nxt - 1, length=self.chance.choice([0, 1]))]

    def _blocks(self):
        """SACK of what is in flight, of what was acknowledged, of what was never sent, and turned around."""
        chance, mss = self.chance, self.mss
        una, n = self.una, 4 * mss
        self.written += n
        end = 1 + self.written
        some = [((una + mss, una + 2 * mss),), ((una + mss, end),), ((una + 2 * mss, una + 3 * mss),),
                ((una, una + mss),), ((end, end + 100),), ((una + mss, end + 1),), ((una + 2 * mss, una + mss),),
                ((una + mss, una + mss),), ((1, una),), ((una - 100, una + mss),),
                ((una + 3 * mss, end), (una + mss, una + 2 * mss)), ((una + mss, una + 3 * mss), (una + 2 * mss, end)),
                ((una + 100000, una + 200000),)]
        self.pending = [Segment(ACK, self.nxt, end)]
        self.una_later = end
        return [Call("write", n), self._ack(blocks=chance.choice(some))]

    def _odd_ack(self):
        chance = self.chance
        off = chance.choice([1, 100000, -1, -100, -2000000, 0])
        return [Segment(ACK, self.nxt, self.una + off, chance.choice([0, 0, 50]), chance.choice([65535, 1000]))]

    def _fin(self):
        seq = self.nxt + self.chance.choice([0, 0, 0, 10])
        n = self.chance.choice([0, 0, 20])
        step = [self._ack(FIN, seq, n)]
        if seq == self.nxt and not self.finished:
            self._take(n + 1)
            self.finished = True
        return step

    def _reset(self):
        seq = self.nxt + self.chance.choice([0, 0, 1, -1, 1000, FAR, -3000])
        self.over = self.over or seq == self.nxt
        return [Segment(RST | self.chance.choice([0, ACK]), seq, self.una)]

    def _syn(self):
        seq = self.nxt + self.chance.choice([0, 1, 1000, -1, -self.nxt, FAR])
        return [Segment(SYN | self.chance.choice([0, 0, ACK]), seq, self.una)]

    def _call(self):
        name = self.chance.choice(["read", "read", "shutdown", "close"])
        if name == "read":
            return [Call(name)]
        self.written += 1  # the FIN's number
        step = [Call(name)]
        if self.chance.random() < 0.8:
            self.una = 1 + self.written
            step.append(self._ack())
        return step

    def _stamp(self):
        return [self._ack(length=self.chance.choice([0, 10]), stamp=self.chance.choice([-1, 5000]))]


def kind(talk, difference):
    """What differences that look alike have in common: the last step and the flags answered."""
    step, _, kernel, seven = difference
    def plain(words):
        return " ".join("".join(c for c in w if not c.isdigit()) for w in words)
    return plain(map(str, talk.steps[step])), plain(kernel), plain(seven), len(talk.steps)
