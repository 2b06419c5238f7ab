#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Fields of `seven dump -j -r` against tshark's, packet by packet and field by field.

`dump_fields.py SEVEN FILE...` (directories are walked). A difference that one of the reasons below explains is
counted under it; any other is printed and makes the run fail. The reasons are rules over what tshark itself says of a
packet, never names of files.
"""

import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

CHUNK = 96

# tshark's field, our object and member, and how tshark's text becomes a value.
NUMBER, TEXT, FLAG = (lambda t: int(t, 0)), str, (lambda t: 1 if t in ("1", "True", "Set") else 0)
EIGHTS = lambda t: int(t, 0) * 8  # noqa: E731
FIELDS = [
    ("eth.dst", "eth", "dst", TEXT), ("eth.src", "eth", "src", TEXT),
    ("eth.type", "eth", "type", NUMBER), ("eth.len", "eth", "length", NUMBER),
    ("arp.hw.type", "arp", "hardware", NUMBER), ("arp.proto.type", "arp", "protocol", NUMBER),
    ("arp.hw.size", "arp", "hardware_bytes", NUMBER), ("arp.proto.size", "arp", "protocol_bytes", NUMBER),
    ("arp.opcode", "arp", "operation", NUMBER),
    ("arp.src.hw_mac", "arp", "sender_mac", TEXT), ("arp.dst.hw_mac", "arp", "target_mac", TEXT),
    ("arp.src.proto_ipv4", "arp", "sender", TEXT), ("arp.dst.proto_ipv4", "arp", "target", TEXT),
    ("ip.hdr_len", "ip", "header_bytes", NUMBER), ("ip.dsfield", "ip", "tos", NUMBER),
    ("ip.len", "ip", "length", NUMBER), ("ip.id", "ip", "id", NUMBER), ("ip.flags.df", "ip", "df", FLAG),
    ("ip.flags.mf", "ip", "mf", FLAG), ("ip.frag_offset", "ip", "fragment_offset", EIGHTS),
    ("ip.ttl", "ip", "ttl", NUMBER), ("ip.proto", "ip", "protocol", NUMBER),
    ("ip.checksum", "ip", "checksum", NUMBER), ("ip.src", "ip", "src", TEXT), ("ip.dst", "ip", "dst", TEXT),
    ("ipv6.tclass", "ipv6", "traffic_class", NUMBER), ("ipv6.flow", "ipv6", "flow_label", NUMBER),
    ("ipv6.plen", "ipv6", "payload_bytes", NUMBER), ("ipv6.nxt", "ipv6", "next_header", NUMBER),
    ("ipv6.hlim", "ipv6", "hop_limit", NUMBER), ("ipv6.src", "ipv6", "src", TEXT), ("ipv6.dst", "ipv6", "dst", TEXT),
    ("icmp.type", "icmp", "type", NUMBER), ("icmp.code", "icmp", "code", NUMBER),
    ("icmp.checksum", "icmp", "checksum", NUMBER), ("icmp.ident", "icmp", "id", NUMBER),
    ("icmp.seq", "icmp", "sequence", NUMBER),
    ("icmpv6.type", "icmpv6", "type", NUMBER), ("icmpv6.code", "icmpv6", "code", NUMBER),
    ("icmpv6.checksum", "icmpv6", "checksum", NUMBER), ("icmpv6.echo.identifier", "icmpv6", "id", NUMBER),
    ("icmpv6.echo.sequence_number", "icmpv6", "sequence", NUMBER),
    ("udp.srcport", "udp", "src_port", NUMBER), ("udp.dstport", "udp", "dst_port", NUMBER),
    ("udp.length", "udp", "length", NUMBER), ("udp.checksum", "udp", "checksum", NUMBER),
    ("tcp.srcport", "tcp", "src_port", NUMBER), ("tcp.dstport", "tcp", "dst_port", NUMBER),
    ("tcp.seq_raw", "tcp", "seq", NUMBER), ("tcp.ack_raw", "tcp", "ack", NUMBER),
    ("tcp.hdr_len", "tcp", "header_bytes", NUMBER), ("tcp.flags", "tcp", "flags", NUMBER),
    ("tcp.window_size_value", "tcp", "window", NUMBER), ("tcp.checksum", "tcp", "checksum", NUMBER),
    ("tcp.urgent_pointer", "tcp", "urgent", NUMBER), ("tcp.options.mss_val", "tcp", "mss", NUMBER),
    ("tcp.options.wscale.shift", "tcp", "window_scale", NUMBER),
    ("tcp.options.timestamp.tsval", "tcp", "ts_value", NUMBER),
    ("tcp.options.timestamp.tsecr", "tcp", "ts_echo", NUMBER),
]
VERDICTS = [("ip.checksum.status", "ip"), ("tcp.checksum.status", "tcp"), ("udp.checksum.status", "udp"),
            ("icmp.checksum.status", "icmp"), ("icmpv6.checksum.status", "icmpv6")]
LISTS = [("id", "id"), ("priority", "priority"), ("dei", "dei")]  # of ieee8021ad and vlan, the former outside
TAGS = [p + "." + f for p in ("ieee8021ad", "vlan") for f, _ in LISTS]
EXTRA = ["frame.protocols", "_ws.malformed", "frame.len", "frame.cap_len", "frame.time_epoch", "frame.encap_type",
         "_ws.short"]
PREFERENCES = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.desegment_tcp_streams:FALSE",
               "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE",
               "tcp.relative_sequence_numbers:FALSE", "ip.tso_support:TRUE"]


def tshark_rows(path):
    """One list of occurrences by field name for each packet."""
    names = [f[0] for f in FIELDS] + [v[0] for v in VERDICTS] + TAGS + EXTRA
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=\x01", "-E", "aggregator=\x02",
               "-E", "occurrence=a"]
    for p in PREFERENCES:
        command += ["-o", p]
    for n in names:
        command += ["-e", n]
    run = subprocess.run(command, capture_output=True, check=False)
    if run.returncode and not run.stdout:
        return None, run.stderr.decode(errors="replace").strip().splitlines()
    rows = []
    for line in run.stdout.decode(errors="replace").split("\n")[:-1]:
        cells = line.split("\x01")
        rows.append({n: (c.split("\x02") if c else []) for n, c in zip(names, cells)})
    return rows, run.stderr.decode(errors="replace").strip().splitlines()


def our_rows(seven, path):
    """The packets as JSON; and the file in full as text and as ladders, which must end in order too."""
    for how in (["-e", "-v", "-X", "-X"], ["--ladder"]):
        run = subprocess.run([seven, "dump", "-r", path] + how, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             check=False)
        if run.returncode:
            raise SystemExit(f"{path}: seven dump {how} exits with {run.returncode}: {run.stderr.decode()}")
    run = subprocess.run([seven, "dump", "-j", "-r", path], capture_output=True, check=False)
    if run.returncode:
        raise SystemExit(f"{path}: seven dump exits with {run.returncode}: {run.stderr.decode()}")
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


class Comparison:
    def __init__(self):
        self.agreed = 0
        self.packets = 0
        self.files = 0
        self.reasons = collections.Counter()
        self.unexplained = []
        self.miscounted = []
        self.examples = {}

    def differ(self, reason, where, what):
        if reason is None:
            self.unexplained.append(f"{where}: {what}")
        else:
            self.reasons[reason] += 1
            self.examples.setdefault(reason, f"{where}: {what}")


TUNNEL = "tshark also looks into tunnels and quoted packets; seven tells of the outermost"
SHIM = "seven names this header and does not look behind it: "
SHIMS = ("macsec", "avsp", "nsh", "juniper", "pktap", "6lowpan", "fr:eth")
CUT = "the header is cut short: tshark tells those of its fields that are whole, seven none"
LENGTH_BELOW = "a length says less than its own header has: tshark stops there, seven tells the fixed part"
SUPER = "payload length 0, a super-frame caught before segmentation: tshark reads nothing behind it, seven does"
UNTRUE = "the IP length is more than the frame holds: tshark judges a checksum over what is there, seven does not"
ARP_CUT = "the packet ends among ARP's addresses: tshark gives up all of a pair, seven tells those that are there"
NO_DESTINATION = "the capture ends among IPv4's options: tshark then tells no destination, which is there"
ATMARP = "ARP for ATM: tshark has other names for its fields"
COVERED = "the capture is cut behind what the checksum covers: seven judges it, tshark does not"
MALFORMED = "a malformed extension header stands before it: seven counts the addresses as the IPv6 header has them"
ATM = "SunATM: tshark does not count its header of four bytes"
ILLEGAL = "UDP over IPv6 without a checksum: tshark calls it illegal, seven says that there is none to judge"


def carried(chain, layer):
    """Does tshark's first such layer lie inside another packet?"""
    if layer not in chain:
        return False
    before = chain[:chain.index(layer)]
    outer = [i for i, p in enumerate(before) if p in ("ip", "ipv6", "arp")]
    if not outer:
        return False
    between = before[outer[0] + 1:]
    whole = ("eth", "arp", "ip", "ipv6", "vlan")
    return any(not p.startswith("ipv6.") and p != "ah" for p in between) or layer in whole


def holds_less(row, ours):
    ip, v6 = ours.get("ip"), ours.get("ipv6")
    there = int(row["frame.len"][0])
    return (ip and ip["length"] > there) or (v6 and v6["payload_bytes"] + 40 > there)


def explain_absent(row, ours, chain, layer):
    """tshark tells something that seven does not."""
    protocols = ":".join(chain)
    if carried(chain, layer) or chain.count(layer) > 1:
        return TUNNEL
    for shim in SHIMS:
        if shim in protocols[:protocols.find(":" + layer) + len(layer) + 1]:
            return SHIM + shim
    if layer == chain[-1] and (row["_ws.malformed"] or row["_ws.short"] or holds_less(row, ours)
                                                      or row["frame.cap_len"] != row["frame.len"]):
        return CUT
    return None


def explain(row, ours, field, mine, theirs):
    """Why this difference is right, or None."""
    chain = (row["frame.protocols"] or [""])[0].split(":")
    layer = field.split(".")[0]
    if mine is None or mine == []:
        return explain_absent(row, ours, chain, layer)
    if layer == "vlan" and carried(chain, layer) and theirs[:len(mine)] == mine:
        return TUNNEL
    if field.endswith("checksum.status"):
        if theirs == "4" and mine == "2":
            return ILLEGAL
        if theirs == "2" and row["frame.cap_len"] != row["frame.len"]:
            return COVERED
        return UNTRUE if holds_less(row, ours) else MALFORMED if "ipv6" in ours and ours["malformed"] else None
    if theirs is not None:
        return None
    if layer == "ip" and (ours["ip"]["header_bytes"] < 20 or ours["ip"]["length"] < ours["ip"]["header_bytes"]):
        return LENGTH_BELOW
    if field == "ip.dst" and ours["ip"]["checksum_state"] == "unknown":
        return NO_DESTINATION
    if layer == "udp" and ours["udp"]["length"] < 8:
        return LENGTH_BELOW
    if layer == "arp" and "atmarp" in chain:
        return ATMARP
    if layer == "arp" and ours["malformed"]:
        return ARP_CUT
    if (ours.get("ipv6") or {}).get("payload_bytes") == 0 or row["ip.len"] == ["0"]:
        return SUPER
    return None


def told(row, ours, field, mine, theirs):
    return f"{field}: tshark {theirs}, seven {mine}; {(row['frame.protocols'] or [''])[0]} {ours['text'][:60]}"


def compare_packet(c, where, row, ours):
    for field, layer, member, value in FIELDS:
        theirs = value(row[field][0]) if row[field] else None
        mine = ours.get(layer, {}).get(member)
        if theirs == mine:
            c.agreed += theirs is not None
            continue
        c.differ(explain(row, ours, field, mine, theirs), where, told(row, ours, field, mine, theirs))
    for field, layer in VERDICTS:
        if not row[field] or layer not in ours:
            continue
        theirs = row[field][0]  # 0 bad, 1 good, 2 unverified, 3 not present
        mine = {"bad": "0", "good": "1", "unknown": "2", "none": "3"}[ours[layer]["checksum_state"]]
        if theirs == mine:
            c.agreed += 1
        else:
            c.differ(explain(row, ours, field, mine, theirs), where, told(row, ours, field, mine, theirs))
    for tag, member in LISTS:
        seen = row["ieee8021ad." + tag] + row["vlan." + tag]
        theirs = [int(x == "True") if x in ("True", "False") else int(x, 0) for x in seen]
        mine = [v[member] for v in ours.get("vlan", [])]
        if theirs == mine:
            c.agreed += len(mine)
        else:
            field = "vlan." + tag
            c.differ(explain(row, ours, field, mine, theirs), where, told(row, ours, field, mine, theirs))


def compare_rows(c, name, theirs, ours):
    for i, (row, mine) in enumerate(zip(theirs, ours), 1):
        c.packets += 1
        where = f"{name} #{i}"
        for field, member in (("frame.len", "wire_bytes"), ("frame.cap_len", "captured_bytes")):
            if int(row[field][0]) != mine[member]:
                sun = row["frame.encap_type"] and mine[member] - int(row[field][0]) == 4 and "eth" not in mine
                c.differ(ATM if sun else None, where, told(row, mine, field, mine[member], row[field][0]))
        compare_packet(c, where, row, mine)


def read_chunk(seven, paths, folder):
    """Files joined for one run of tshark (its start takes longer than its work); where that changes the number of
    packets, because a file is damaged, one by one."""
    ours = [our_rows(seven, p) for p in paths]
    joined = os.path.join(folder, f"{abs(hash(paths[0]))}.pcapng")
    subprocess.run(["mergecap", "-a", "-I", "all", "-w", joined] + paths, capture_output=True, check=False)
    theirs, _ = tshark_rows(joined)
    os.unlink(joined)
    if theirs is not None and len(theirs) == sum(len(o) for o in ours):
        at, result = 0, []
        for path, mine in zip(paths, ours):
            result.append((path, theirs[at:at + len(mine)], mine, []))
            at += len(mine)
        return result
    return [(path, *read_alone(path, mine)) for path, mine in zip(paths, ours)]


def read_alone(path, ours):
    theirs, said = tshark_rows(path)
    return theirs, ours, said


def files_of(arguments):
    for a in arguments:
        if os.path.isdir(a):
            for folder, _, names in sorted(os.walk(a)):
                yield from (os.path.join(folder, n) for n in sorted(names) if ".pcap" in n or n.endswith(".cap"))
        else:
            yield a


def main():
    seven, arguments = sys.argv[1], sys.argv[2:]
    c = Comparison()
    paths = list(files_of(arguments))
    chunks = [paths[i:i + CHUNK] for i in range(0, len(paths), CHUNK)]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for results in pool.map(lambda chunk: read_chunk(seven, chunk, folder), chunks):
            for path, theirs, ours, said in results:
                c.files += 1
                name = os.path.basename(path)
                if theirs is None or len(theirs) != len(ours):
                    c.miscounted.append(f"{name}: tshark {len(theirs or [])} packets, seven {len(ours)}; {said[-1:]}")
                compare_rows(c, name, theirs or [], ours)
    for line in c.miscounted:
        print("COUNT", line)
    for reason, n in c.reasons.most_common():
        print(f"{n:8} differences: {reason} (such as {c.examples[reason]})")
    for line in c.unexplained[:int(os.environ.get("DIFFERENCES", "40"))]:
        print("DIFFERENT", line)
    print(f"{c.files} files, {c.packets} packets, {c.agreed} fields agree, {sum(c.reasons.values())} differ for a "
          f"reason above, {len(c.unexplained)} without one")
    sys.exit(1 if c.unexplained or c.miscounted else 0)


if __name__ == "__main__":
    main()
