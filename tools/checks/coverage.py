# SPDX-License-Identifier: BSD-2-Clause
"""docs/RFC_COVERAGE.md from docs/rfc_coverage.txt: what the standards ask, what answers it, the tests that show it."""

import posixpath
import re
from typing import NamedTuple

from checks.tree import Finding

SOURCE = "docs/rfc_coverage.txt"
PAGE = "docs/RFC_COVERAGE.md"
LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
VERDICTS = ("partly", "not met", "not taken", "user")
DEFINED = re.compile(r"^(?!\s|#|typedef|return\b)[^;(){}=]*?\b\*?(sv_\w+)\(", re.M)
CASE = r"^(?:static )?void {}\("

HEAD = """# What the standards of TCP ask

<!-- Made by tools/coverage from docs/rfc_coverage.txt: change that, then run tools/coverage. -->

One row a demand: in our own words, the functions that answer for it, the tests that show it, and what is to be said
about it. `tools/tidy` checks that functions and tests are there and that this page is what the list says;
`tools/coverage WORD` prints the rows with that word, each function with file and line. A row without a note is met.
*Partly* and *not met* are said as such; *not taken* is a MAY; "no test" means that no test here would notice.

"""


class Row(NamedTuple):
    line: int
    name: str
    level: str
    words: str
    code: list
    tests: list
    note: str
    same: str  # as this row of another standard

    @property
    def verdict(self):
        """met, or one of VERDICTS."""
        kind = self.note.split(":")[0]
        return kind if kind in VERDICTS else "met"


def read(text):
    """([('=', title) | ('--', words) | Row], findings) of the list."""
    rows, wrong, named = [], [], {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        mark = re.match(r"(=|--) +(.*)", line)
        if mark:
            rows.append((mark.group(1), mark.group(2)))
            continue
        part = [p.strip() for p in line.split(" | ")]
        same = part[3][1:].strip() if len(part) > 3 and part[3].startswith("=") else ""
        if same and same in named:
            other = named[same]
            note = part[4] if len(part) > 4 else other.note
            row = Row(number, *part[:3], other.code, other.tests, note, same)
        elif not same and len(part) in (5, 6):
            row = Row(number, *part[:3], *([] if p == "-" else p.split() for p in part[3:5]),
                      part[5] if len(part) > 5 else "", "")
        else:
            wrong.append(Finding(SOURCE, number, f"no demand: '{line[:60]}'"))
            continue
        if row.level not in LEVELS:
            wrong.append(Finding(SOURCE, number, f"'{row.level}' is no level"))
        if row.name in named:
            wrong.append(Finding(SOURCE, number, f"{row.name} was there at line {named[row.name].line}"))
        if row.verdict == "met" and not row.code:
            wrong.append(Finding(SOURCE, number, f"{row.name} is met by no function: say what it is"))
        named[row.name] = row
        rows.append(row)
    return rows, wrong


class Places:
    """Where functions and tests are."""

    def __init__(self, tree):
        self.tree = tree
        self.functions = {}
        for file in tree.of_kind("c", "h", under=("src/",)):
            text = tree.text(file)
            for m in DEFINED.finditer(text):
                end = text.find("\n{", m.end())
                if end < 0 or ";" in text[m.end():end] or "\n\n" in text[m.end():end]:
                    continue  # a declaration, or a macro
                self.functions.setdefault(m.group(1), (file, text.count("\n", 0, m.start(1)) + 1))

    def test(self, name):
        """(file, line) of a test as the list names it, or None."""
        kind, _, path = name.partition(":")
        folder, _, case = path.rpartition("/")
        if kind == "x":
            return self._in(f"tests/exchange/{folder}.c", rf"\bSV_EXCHANGE(?:_WITH)?\({re.escape(case)}\b")
        if kind == "u":
            for file in self.tree.files:
                if file.startswith("tests/unit/") and posixpath.basename(file) == f"test_{folder}.c":
                    return self._in(file, CASE.format(re.escape(case)))
            return None
        file = {"d": f"tests/drill/{path}.pkt", "i": f"tests/interop/{path}.sh",
                "s": f"tests/scenario/{path}.c"}.get(kind)
        return (file, 1) if file in self.tree.files else None

    def _in(self, file, pattern):
        if file not in self.tree.files:
            return None
        m = re.search(pattern, self.tree.text(file), re.M)
        return (file, self.tree.text(file).count("\n", 0, m.start()) + 1) if m else None


def spoken(test):
    """A test's name as the page has it."""
    kind, _, path = test.partition(":")
    return {"x": "exchange ", "d": "drill ", "u": "unit ", "i": "interop ", "s": "scenario "}[kind] + path


def cell(words):
    return words.replace("|", "\\|")


def told(row):
    """The last cell: what is to be said."""
    note = row.note
    for verdict in VERDICTS[:3]:
        if row.verdict == verdict:
            stars = "*" if verdict == "not taken" else "**"
            note = f"{stars}{verdict}{stars}{note[len(verdict):]}"
    if row.same:
        note = f"as {row.same}" + (f"; {note}" if note else "")
    return cell(note)


def summary(rows):
    """A table: of each standard, how many demands there are and how they fare."""
    lines, title, counts = [], None, {}
    for row in [*rows, ("=", None)]:
        if not isinstance(row, Row):
            if row[0] == "=" and title:
                lines.append(f"| {title} | " + " | ".join(str(counts[k]) for k in
                             ("all", "met", "partly", "not met", "not taken", "user", "no test")) + " |\n")
            if row[0] == "=":
                title, counts = row[1], dict.fromkeys(("all", "met", *VERDICTS, "no test"), 0)
            continue
        counts["all"] += 1
        counts[row.verdict] += 1
        counts["no test"] += row.verdict in ("met", "partly") and not row.tests
    return ("| standard | demands | met | partly | not met | not taken | the user's | of those met: no test |\n"
            "|---|---:|---:|---:|---:|---:|---:|---:|\n" + "".join(lines) + "\n")


def page(rows, places):
    out = [HEAD, summary(rows)]
    table = "| | | demand | functions | tests | |\n|---|---|---|---|---|---|\n"
    fresh = True
    for row in rows:
        if not isinstance(row, Row):
            out.append(f"\n## {row[1]}\n" if row[0] == "=" else f"\n### {row[1]}\n")
            fresh = True
            continue
        if fresh:
            out.append("\n" + table)
            fresh = False
        code = [f"[`{f}`](../{places.functions[f][0]})" if f in places.functions else f"`{f}`" for f in row.code]
        tests = [spoken(t) for t in row.tests] or (["no test"] if row.verdict in ("met", "partly") else [])
        out.append(f"| {row.name} | {row.level} | {cell(row.words)} | {', '.join(code)} | {', '.join(tests)} | "
                   f"{told(row)} |\n")
    return "".join(out)


def check_coverage(tree):
    """What docs/rfc_coverage.txt names is there, and docs/RFC_COVERAGE.md is what it says."""
    if SOURCE not in tree.files:
        yield Finding(SOURCE, 1, "not there")
        return
    rows, wrong = read(tree.text(SOURCE))
    yield from wrong
    places = Places(tree)
    for row in rows:
        if not isinstance(row, Row) or row.same:
            continue
        for function in row.code:
            if function not in places.functions:
                yield Finding(SOURCE, row.line, f"{row.name}: no function {function} in src/")
        for test in row.tests:
            if not places.test(test):
                yield Finding(SOURCE, row.line, f"{row.name}: no test {test}")
    if PAGE not in tree.files or tree.text(PAGE) != page(rows, places):
        yield Finding(PAGE, 1, "not what the list says: run tools/coverage")


CHECKS = [check_coverage]
