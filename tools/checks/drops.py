# SPDX-License-Identifier: BSD-2-Clause
"""docs/DROPS.md from the one list of drop reasons in include/seven/drop.h."""

import ast
import re

from checks.tree import Finding

SOURCE = "include/seven/drop.h"
PAGE = "docs/DROPS.md"
ENTRY = re.compile(r'^\s*X\((\w+),\s*(\d+),\s*((?:"(?:\\.|[^"\\])*"[\s\\]*)+)\)', re.M)

HEAD = """# Why packets end early

<!-- Made by tools/drops from include/seven/drop.h: change the list there, then run tools/drops. -->

What a peer sends is never an error of the program: it is a *drop* with one of these reasons, counted for each
stack, traced as a `DROP` event with the packet's number, and shown under this name by `seven ss -s`. Numbers
are part of the trace format and are never given a second meaning.

| number | name | meaning |
|---:|---|---|
"""


def entries(text):
    """[(line, name, number, sentence)] of SV_DROP_LIST."""
    start = text.find("#define SV_DROP_LIST")
    if start < 0:
        return []
    stop = text.find("\n\n", start)
    return [(text.count("\n", 0, m.start(1)) + 1, m.group(1), int(m.group(2)),
             "".join(ast.literal_eval(s) for s in re.findall(r'"(?:\\.|[^"\\])*"', m.group(3))))
            for m in ENTRY.finditer(text, start, stop)]


def page(text):
    rows = sorted(entries(text), key=lambda e: e[2])
    return HEAD + "".join(f"| {number} | `{name}` | {words.replace('|', chr(92) + '|')} |\n"
                          for _, name, number, words in rows)


def check_drops(tree):
    """Drop reasons have each their own number, and docs/DROPS.md tells them as the list does."""
    if SOURCE not in tree.files:
        yield Finding(SOURCE, 1, "not there")
        return
    found = entries(tree.text(SOURCE))
    if not found:
        yield Finding(SOURCE, 1, "no SV_DROP_LIST to be seen")
    seen = {}
    for line, name, number, _ in found:
        for key in (name, number):
            if key in seen:
                yield Finding(SOURCE, line, f"{key} was used at line {seen[key]} already")
            seen[key] = line
    if PAGE not in tree.files or tree.text(PAGE) != page(tree.text(SOURCE)):
        yield Finding(PAGE, 1, "not what the list says: run tools/drops")


CHECKS = [check_drops]
