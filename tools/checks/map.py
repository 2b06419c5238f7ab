# SPDX-License-Identifier: BSD-2-Clause
"""docs/MAP.md: every C file of the stack with the sentence that begins it."""

import os
import re

from checks.tree import Finding

PAGE = "docs/MAP.md"
HEAD = """# Where what is

<!-- Made by tools/map from the first comment of each file: change it there, then run tools/map. -->

Every part of the stack with the first sentence of its file, folder by folder; a header speaks for its `.c`.
How a packet passes through them is in [`ARCHITECTURE.md`](ARCHITECTURE.md); what a subcommand does, in `seven help`.
"""
FOLDERS = {
    "include/seven": "the public face",
    "src/core": "no layer: memory, packets, time, hashes, checksums, drops, events",
    "src/l1_physical": "layer 1: symbols and voltage",
    "src/l2_link": "layer 2: frames, neighbours, switches",
    "src/l3_network": "layer 3: addresses, IP, routers",
    "src/l4_transport": "layer 4: ports, UDP, TCP",
    "src/l5_session": "layer 5: program to program",
    "src/l6_presentation": "layer 6: encodings",
    "src/l7_application": "layer 7: protocols of applications",
    "src/stack": "one host: where the layers meet",
    "src/sim": "many hosts on virtual time",
    "src/trace": "what people look at",
    "port": "the operating system",
    "scenario": "scenario files",
    "drill": "packet scripts",
}
# The licence, a guard, includes; then the comment.
FIRST = re.compile(r"(?:/\* SPDX[^\n]*\n|[ \t]*#[^\n]*\n|[ \t]*\n)*[ \t]*/\*(?! SPDX)(.*?)\*/", re.S)


def sentence(text):
    """The first sentence of the file's first comment, or none."""
    found = FIRST.match(text)
    if not found or found.group(1).lstrip().startswith("---"):
        return ""
    lines = [line.strip().removeprefix("*").strip() for line in found.group(1).strip().split("\n")]
    words = " ".join(lines[:lines.index("")] if "" in lines else lines)
    return re.split(r"(?<=\.)\s(?=[A-Z(])", words, maxsplit=1)[0].rstrip(".:")


def parts(tree, folder):
    """{a part's name: its files}, without folders below."""
    found = {}
    for file in tree.of_kind("c", "h", under=(folder + "/",)):
        if os.path.dirname(file) == folder:
            found.setdefault(os.path.splitext(os.path.basename(file))[0], []).append(file)
    return found


def told(tree, files):
    """What a part says of itself: its header, or its C file if that says more than where to look."""
    for file in sorted(files, key=lambda f: not f.endswith(".h")):
        words = sentence(tree.text(file))
        if words and not words.startswith("See "):
            return words
    return ""


def page(tree):
    out = [HEAD]
    for folder, name in FOLDERS.items():
        found = parts(tree, folder)
        if not found:
            continue
        out.append(f"\n## `{folder}/`: {name}\n\n| part | what |\n|---|---|\n")
        for part, files in sorted(found.items()):
            ends = ", ".join(f"[`{os.path.basename(f) if n == 0 else os.path.splitext(f)[1]}`](../{f})"
                             for n, f in enumerate(sorted(files)))
            out.append(f"| {ends} | {told(tree, files).replace('|', chr(92) + '|')} |\n")
    return "".join(out)


def check_map(tree):
    """Every part of the stack says what it is, and docs/MAP.md tells them as they do."""
    for folder in FOLDERS:
        for files in parts(tree, folder).values():
            if not told(tree, files):
                yield Finding(files[0], 2, "no comment at its head says what it is")
    if PAGE not in tree.files or tree.text(PAGE) != page(tree):
        yield Finding(PAGE, 1, "not what the files say: run tools/map")


CHECKS = [check_map]
