# SPDX-License-Identifier: BSD-2-Clause
"""The two sides of tools/differ: the kernel behind a TUN device, and Seven behind the functions that packetdrill calls.
Both play many conversations at once, in step."""

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import subprocess
import time

from checks import differ_talk
from checks.differ_talk import ACK, FIN, RST, SYN, Call, Seen

STEP_MS, MOMENT_MS = 260, 25
SETTINGS = {"tcp_rmem": "4096 540000 15728640", "tcp_wmem": "4096 262144 4194304", "tcp_ecn": "2",
            "tcp_timestamps": "1", "tcp_invalid_ratelimit": "0", "tcp_max_syn_backlog": "8192",
            "tcp_no_metrics_save": "1", "tcp_syncookies": "0", "tcp_fin_timeout": "60"}


class One:
    """One conversation on one side."""

    def __init__(self, talk, port):
        self.talk, self.port = talk, port
        self.iss, self.sent = None, 0
        self.socket = None  # when it is our stack that opens: its number in Side
        self.ports = (differ_talk.PEERS_PORT, port) if talk.active else (port, differ_talk.PORT)
        self.stamp, self.acked = 0, 1
        self.heard = []  # of this step
        self.told = []
        self.states = []  # before each step, as far as the side can tell

    def options(self, s, clock):
        out = b""
        if s.flags & SYN:
            out += struct.pack("!BBH", 2, 4, self.talk.mss)
            out += b"\4\2" if self.talk.sack else b""
            out += struct.pack("!BBB", 3, 3, self.talk.scale) if self.talk.scale is not None else b""
        if self.talk.timed and s.stamp != -1:
            out += struct.pack("!BBII", 8, 10, (clock - s.stamp) & 0xffffffff, self.stamp if s.flags & ACK else 0)
        if s.blocks and self.talk.sack:
            edges = [((self.iss or 0) + e) & 0xffffffff for pair in s.blocks for e in pair]
            out += struct.pack(f"!BB{len(edges)}I", 5, 2 + 4 * len(edges), *edges)
        return out

    def packet(self, s, clock):
        return differ_talk.packet(self.ports, s, self.talk.isn + s.seq, (self.iss or 0) + s.ack, self.options(s, clock))

    def hear(self, seen, soon):
        """What came, in words. What is sent again is left out: when is the clock's to say; but an answer to a SYN is
        one while it is `soon`."""
        if seen.flags & SYN and seen.seq != self.iss:
            self.iss, self.sent = seen.seq, 0
        if self.iss is None or seen.flags & RST:
            self.heard.append(self._words(seen, 0))
            return
        stamps = [value for number, value in seen.options if number == 8]
        if stamps:
            self.stamp = struct.unpack("!I", stamps[0][:4])[0]
        start = (seen.seq - self.iss) & 0xffffffff
        length = seen.length + bool(seen.flags & SYN) + bool(seen.flags & FIN)
        if length and (start - self.sent) & 0xffffffff >= 1 << 31:
            if not (soon and seen.flags & SYN):
                return
        elif length:
            self.sent = start + length
        elif (start + 1) & 0xffffffff in (self.acked, self.acked - 1) and start != self.sent:
            return  # a number that the peer has acknowledged: a probe, of a window or of life
        self.heard.append(self._words(seen, start))

    def _words(self, seen, seq):
        if seen.flags & RST:  # whether it acknowledges, too, says nothing
            return "R"
        words = [differ_talk.letters(seen.flags), f"{seq}+{seen.length}"]
        if seen.flags & ACK:
            words.append(f"ack {(seen.ack - self.talk.isn) & 0xffffffff}")
        if seen.window == 0:
            words.append("shut")
        for number, value in seen.options:
            if number == 2:
                words.append(f"mss {struct.unpack('!H', value)[0]}")
            elif number == 3:
                words.append(f"scale {value[0]}")
            elif number == 4:
                words.append("sackOK")
            elif number == 5:
                edges = [(e - self.talk.isn) & 0xffffffff for e in struct.unpack(f"!{len(value) // 4}I", value)]
                words.append("sack " + " ".join(f"{a}-{b}" for a, b in zip(edges[::2], edges[1::2])))
            elif number == 8:
                words.append("TS")
        return " ".join(words)

    def step_over(self):
        """Neighbouring data of one turn is one, however it was cut."""
        out = []
        for words in self.heard:
            part = words.split(" ")
            last = out[-1].split(" ") if out else []
            data = last and all("+" in "".join(w[1:2]) and w[0] == "." for w in (last, part))
            if data and part[2:] == last[2:]:
                (a, n), (b, m) = (list(map(int, p[1].split("+"))) for p in (last, part))
                if n and m and a + n == b:
                    out[-1] = " ".join([part[0], f"{a}+{n + m}", *part[2:]])
                    continue
            out.append(words)
        self.told.append(out)
        self.heard = []


class Side:
    """What both have in common."""
    next_port = 20000

    def play(self, talks):
        ones = {}
        for talk in talks:
            ones[self.next_port] = One(talk, self.next_port)
            self.next_port = self.next_port + 1 if self.next_port < 60000 else 20000
        clock = 100000
        for k in range(max(len(t.steps) for t in talks)):
            for one in ones.values():
                one.states.append(self.state(one))
            for moment in range(2):
                clock += 50
                for one in ones.values():
                    if k < len(one.talk.steps) and moment < len(one.talk.steps[k]):
                        self._do(one, one.talk.steps[k][moment], clock)
                        one.syn = k < len(one.talk.steps) and any(s.flags & SYN for s in one.talk.steps[k]
                                                              if not isinstance(s, Call))
                self._pass(ones, MOMENT_MS, True)
            self._pass(ones, STEP_MS - 2 * MOMENT_MS, False)
            for one in ones.values():
                if k < len(one.talk.steps):
                    one.step_over()
        for one in ones.values():  # the next conversations begin without these
            if one.iss is not None:
                self.send(one.packet(differ_talk.Segment(RST, one.talk.nxt), clock))
        self.drop(ones)
        return [(one.told, one.states) for one in ones.values()]

    def state(self, _one):
        return ""

    def _do(self, one, what, clock):
        if isinstance(what, Call):
            result = self.connect(one.port) if what.name == "connect" else self.call(one.port, what)
            one.heard.append(f"{what.name} = {result}")
        else:
            if what.flags & ACK and not what.flags & RST and one.acked < what.ack <= one.sent + 1:
                one.acked = what.ack
            self.send(one.packet(what, clock))

    def _pass(self, ones, ms, soon):
        for raw in self.pass_time(ms):
            if raw[0] >> 4 != 4 or raw[9] != 6:
                continue
            seen = Seen(raw)
            port = seen.port if seen.port != differ_talk.PEERS_PORT else seen.source
            if port in ones:
                ones[port].hear(seen, soon and ones[port].syn)
        self.accept()


class Kernel(Side):
    def __init__(self):
        self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.tun, 0x400454ca, struct.pack("16sH22x", b"differ0", 0x0001 | 0x1000))
        for words in ("link set lo up", "link set differ0 up mtu 1500 txqueuelen 10000",
                      "addr add 192.0.2.1/24 dev differ0"):
            subprocess.run(["ip", *words.split()], check=True)
        for name, value in SETTINGS.items():
            self._set("ipv4/" + name, value)
        self._set("core/somaxconn", "8192")
        self._set("ipv6/conf/differ0/disable_ipv6", "1")
        self.listener = socket.create_server(("192.0.2.1", differ_talk.PORT), backlog=8192)
        self.listener.setblocking(False)
        self.open = {}

    @staticmethod
    def _set(name, value):
        try:
            with open("/proc/sys/net/" + name, "w", encoding="ascii") as f:
                f.write(value)
        except OSError:
            pass

    def send(self, raw):
        os.write(self.tun, raw)

    def pass_time(self, ms):
        until = time.monotonic() + ms / 1000
        out = []
        while True:
            left = until - time.monotonic()
            ready = select.select([self.tun], [], [], max(left, 0))[0]
            if not ready:
                return out
            try:
                out.append(os.read(self.tun, 65536))
            except BlockingIOError:
                pass

    def accept(self):
        while True:
            try:
                c, (_, port) = self.listener.accept()
            except BlockingIOError:
                return
            except OSError:
                continue
            c.setblocking(False)
            self.open[port] = c

    def connect(self, port):
        c = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        c.setblocking(False)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        c.bind(("192.0.2.1", port))
        self.open[port] = c
        return errno.errorcode.get(c.connect_ex(("192.0.2.2", differ_talk.PEERS_PORT)), 0)

    def call(self, port, what):
        c = self.open.get(port)
        if c is None:
            return "no socket"
        try:
            if what.name == "read":
                return len(c.recv(1 << 20))
            if what.name == "write":
                return c.send(b"\0" * what.bytes, socket.MSG_NOSIGNAL)
            if what.name == "shutdown":
                return c.shutdown(socket.SHUT_WR) or 0
            self.open.pop(port)
            return c.close() or 0
        except OSError as error:
            return errno.errorcode[error.errno]

    def drop(self, ones):
        for port in ones:
            if port in self.open:
                self.open.pop(port).close()
        self.pass_time(50)


class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_ushort), ("port", ctypes.c_uint16), ("addr", ctypes.c_uint8 * 4),
                ("zero", ctypes.c_uint8 * 8)]


# The slots of the table that packetdrill hands a shared object, by their place in it, after the context.
SLOTS = {"destroy": (1, ()), "socket": (2, (int, int, int)), "bind": (3, (int, ctypes.c_void_p, int)),
         "listen": (4, (int, int)), "connect": (6, (int, ctypes.c_void_p, int)),
         "accept": (5, (int, ctypes.c_void_p, ctypes.c_void_p)),
         "recv": (9, (int, ctypes.c_void_p, "size", int)), "send": (14, (int, ctypes.c_void_p, "size", int)),
         "close": (19, (int,)), "shutdown": (20, (int, int)), "fcntl": (17, (int, int, int)),
         "getsockopt": (21, (int, int, int, ctypes.c_void_p, ctypes.c_void_p)),
         "setsockopt": (22, (int, int, int, ctypes.c_void_p, int)),
         "netdev_send": (24, (ctypes.c_void_p, "size")),
         "netdev_receive": (25, (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)), "usleep": (26, (int,))}


STATES = ["?", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED",
          "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING"]


class Seven(Side):
    at_once = 40  # it has 64 descriptors

    def __init__(self, path):
        self.library = ctypes.CDLL(path, use_errno=True)
        self.room = ctypes.create_string_buffer(1 << 20)

    def play(self, talks):
        told = []
        for at in range(0, len(talks), self.at_once):
            self._begin()
            told += super().play(talks[at:at + self.at_once])
            self._call("destroy")
        return told

    def _begin(self):
        self.out, self.open = [], {}
        self.table = (ctypes.c_void_p * 33)()
        self.library.packetdrill_interface_init(b"local=192.0.2.1,profile=linux,patience=0", self.table)
        here = Address(socket.AF_INET, socket.htons(differ_talk.PORT), (ctypes.c_uint8 * 4)(*differ_talk.HOST))
        self.listener = self._call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
        self._call("bind", self.listener, ctypes.addressof(here), ctypes.sizeof(here))
        self._call("listen", self.listener, 4096)
        self._call("fcntl", self.listener, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK)

    def _call(self, name, *arguments):
        slot, kinds = SLOTS[name]
        kinds = [ctypes.c_int if k is int else ctypes.c_size_t if k == "size" else k for k in kinds]
        gives = ctypes.c_ssize_t if name in ("recv", "send") else ctypes.c_int
        function = ctypes.CFUNCTYPE(gives, ctypes.c_void_p, *kinds, use_errno=True)(self.table[slot])
        return function(self.table[0], *arguments)

    def send(self, raw):
        self._call("netdev_send", ctypes.cast(ctypes.create_string_buffer(raw, len(raw)), ctypes.c_void_p), len(raw))
        self._drain()

    def _drain(self):
        """What the stack has to say now; its queue is short."""
        while True:
            length, when = ctypes.c_size_t(65536), ctypes.c_longlong()
            done = self._call("netdev_receive", ctypes.addressof(self.room), ctypes.addressof(length),
                              ctypes.addressof(when))
            if done != 0 or not length.value:
                return
            self.out.append(self.room.raw[:length.value])

    def pass_time(self, ms):
        for _ in range(ms):
            self._call("usleep", 1000)
            self._drain()
        out, self.out = self.out, []
        return out

    def accept(self):
        while True:
            there, n = Address(), ctypes.c_uint32(16)
            fd = self._call("accept", self.listener, ctypes.addressof(there), ctypes.addressof(n))
            if fd < 0:
                return
            self._call("fcntl", fd, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK)
            self.open[socket.ntohs(there.port)] = fd

    def state(self, one):
        """TCP_INFO's; of what nobody has a descriptor for: not yet, or no more."""
        if one.port not in self.open:
            return "orphan" if any("close = 0" in words for words in one.told) else "half-open"
        n = ctypes.c_uint32(len(self.room))
        self._call("getsockopt", self.open[one.port], socket.IPPROTO_TCP, socket.TCP_INFO,
                   ctypes.addressof(self.room), ctypes.addressof(n))
        return STATES[self.room.raw[0]]

    def connect(self, port):
        fd = self._call("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
        self._call("fcntl", fd, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK)
        ours, theirs = (Address(socket.AF_INET, socket.htons(p), (ctypes.c_uint8 * 4)(*a))
                        for p, a in ((port, differ_talk.HOST), (differ_talk.PEERS_PORT, differ_talk.PEER)))
        self._call("bind", fd, ctypes.addressof(ours), ctypes.sizeof(ours))
        self.open[port] = fd
        result = self._call("connect", fd, ctypes.addressof(theirs), ctypes.sizeof(theirs))
        self._drain()
        return result if result >= 0 else errno.errorcode[ctypes.get_errno()]

    def call(self, port, what):
        fd = self.open.get(port)
        if fd is None:
            return "no socket"
        if what.name == "read":
            result = self._call("recv", fd, ctypes.addressof(self.room), 1 << 20, 0)
        elif what.name == "write":
            result = self._call("send", fd, ctypes.addressof(self.room), what.bytes, socket.MSG_NOSIGNAL)
        elif what.name == "shutdown":
            result = self._call("shutdown", fd, socket.SHUT_WR)
        else:
            result = self._call("close", self.open.pop(port))
        self._drain()
        return result if result >= 0 else errno.errorcode[ctypes.get_errno()]

    def drop(self, ones):
        pass  # the next begin on a fresh stack
