# SPDX-License-Identifier: BSD-2-Clause
"""Mutants of TCP's state table and of the comparisons of the steps that a segment passes: what tools/mutants builds."""

import re
from typing import NamedTuple

from checks.tree import FUNCTION_FINDERS, c_code

FOLDER = "src/l4_transport/"
TABLE = FOLDER + "tcp_states.c"

# The functions in which RFC 9293 §3.10.7 stands: CLOSED, LISTEN, SYN-SENT, and the eight steps of the other states,
# for full connections, half-open records and TIME-WAIT.
STEPS = {
    "tcp_closed.c": ["sv_tcp_make_reset", "sv_tcp_closed_arrives", "sv_tcp_syn_sent_ack_and_reset",
                     "sv_tcp_syn_sent_to_established", "sv_tcp_syn_sent_arrives"],
    "tcp_listen.c": ["sv_tcp_listen_ack", "sv_tcp_listen_arrives"],
    "tcp_half_open.c": ["sv_half_acceptable", "sv_half_steps", "sv_half_third", "sv_tcp_half_open_arrives"],
    "tcp_arrives.c": ["sv_tcp_challenge_allowed", "sv_tcp_may_answer",
                      "sv_tcp_ts_outdated", "sv_tcp_paws_rejects", "sv_tcp_not_acceptable",
                      "sv_tcp_step1_sequence", "sv_tcp_step2_reset", "sv_tcp_step4_syn", "sv_tcp_syn_received_resets",
                      "sv_tcp_fast_syn_again", "sv_tcp_eight_steps"],
    "tcp_ack.c": ["sv_tcp_window_from", "sv_tcp_ack_in_range", "sv_tcp_take_acked", "sv_tcp_is_duplicate",
                  "sv_tcp_new_ack", "sv_tcp_handshake_done", "sv_tcp_step5_ack"],
    "tcp_text.c": ["sv_tcp_step6_urgent", "sv_tcp_trim", "sv_tcp_step7_text", "sv_tcp_step8_fin"],
    "tcp_time_wait.c": ["sv_time_wait_reusable", "sv_tcp_time_wait_arrives"],
}
STATES = ["CLOSED", "LISTEN", "SYN_SENT", "SYN_RECEIVED", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
          "CLOSING", "LAST_ACK", "TIME_WAIT"]

OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
EDGE = re.compile(r"X\((\w+), (\w+), (\w+)\)")
COMPARED = re.compile(r" (==|!=|<=|>=|<|>) ")
NUMBERS = re.compile(r"!?\bsv_seq_(?:before|after|before_or_at|after_or_at|within)\(")
FLAG = re.compile(r"\b[\w>.\-]+ & (?:\(uint\w+\))?(?:SV_\w+|\(SV_[\w |]+\))(?=\)*(?: &&| \|\||;|\)\n| \?))")
BRANCH = re.compile(r"\bif \(")


class Mutant(NamedTuple):
    file: str
    line: int
    function: str  # or "edge"
    was: str
    became: str
    start: int
    end: int

    def applied(self, text):
        return text[:self.start] + self.became + text[self.end:]

    @property
    def key(self):
        """Its name in docs/mutants.txt, which no line number makes stale."""
        return f"{self.function}: {' '.join(self.was.split())} -> {' '.join(self.became.split())}"

    def __str__(self):
        return f"{self.file}:{self.line}: {self.key}"


def closing(code, at):
    """Where the bracket that opens at `at` closes."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    return -1


def edges(file, text):
    """Each edge of the table, removed and led elsewhere."""
    for m in EDGE.finditer(text):
        if m.group(1) not in STATES:
            continue
        line = text.count("\n", 0, m.start()) + 1
        wrong = STATES[(STATES.index(m.group(3)) + 1) % len(STATES)]
        if wrong == m.group(1):
            wrong = STATES[(STATES.index(wrong) + 1) % len(STATES)]
        yield Mutant(file, line, "edge", m.group(0), "", m.start(), m.end())
        yield Mutant(file, line, "edge", m.group(0), f"X({m.group(1)}, {m.group(2)}, {wrong})", m.start(), m.end())


def spot(code, first, last, at):
    """The line of code around a place, for people: from the last ; { or } before to the next."""
    start = max(code.rfind(c, first, at) for c in ";{}") + 1
    ends = [e for e in (code.find(c, at, last) for c in ";{") if e >= 0]
    return start, min(ends) if ends else last


def comparisons(file, text, names):
    """Each comparison and flag of these functions inverted, and each condition of several as a whole."""
    code = c_code(text)
    lines = [0]
    for line in code.split("\n"):
        lines.append(lines[-1] + len(line) + 1)
    functions, _ = FUNCTION_FINDERS["c"](text)
    for f in functions:
        if f.name not in names:
            continue
        first, last = lines[f.first - 1], lines[f.last]
        found = []
        for m in COMPARED.finditer(code, first, last):
            if not re.match(r"\s*for \(", code[code.rfind("\n", 0, m.start()) + 1:m.start()]):
                found.append((m.start(1), m.end(1), OPPOSITE[m.group(1)]))
        for m in NUMBERS.finditer(code, first, last):
            word = m.group(0)
            found.append((m.start(), m.end(), word[1:] if word[0] == "!" else "!" + word))
        for m in FLAG.finditer(code, first, last):
            found.append((m.start(), m.end(), f"!({m.group(0)})"))
        single = [(a, b) for a, b, _ in found]
        for m in BRANCH.finditer(code, first, last):
            end = closing(code, m.end() - 1)
            inside = sum(m.start() <= a and b <= end for a, b in single)
            if inside != 1 or " && " in code[m.end():end] or " || " in code[m.end():end]:
                found.append((m.end(), end, f"!({code[m.end():end]})"))
        for start, end, became in sorted(found):
            a, b = spot(code, first, last, start)
            yield Mutant(file, text.count("\n", 0, start) + 1, f.name, code[a:b], code[a:start] + became + code[end:b],
                         a, b)


def mutants(tree):
    """All of them, in the order of the sources."""
    yield from edges(TABLE, tree.text(TABLE))
    for name, functions in STEPS.items():
        yield from comparisons(FOLDER + name, tree.text(FOLDER + name), functions)
