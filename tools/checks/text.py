# SPDX-License-Identifier: BSD-2-Clause
"""Checks that read the sources as text. Each is a generator of findings; there are no exemptions."""

import os
import re

from checks.tree import FUNCTION_FINDERS, Finding, c_code

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 59
COLUMNS_MAX = 120
LICENCE = "SPDX-License-Identifier: BSD-2-Clause"

LAYERS = ["l1_physical", "l2_link", "l3_network", "l4_transport", "l5_session", "l6_presentation", "l7_application"]
FREESTANDING = ["src/core", "src/stack", "src/sim"] + ["src/" + layer for layer in LAYERS[:5]]
FREESTANDING_UNDER = tuple(folder + "/" for folder in FREESTANDING)
PROTOCOL_UNDER = tuple(f"src/{layer}/" for layer in LAYERS[:5]) + ("src/stack/", "src/sim/")

# Who may include whom: a folder's own parts, "seven" (the public face) and *_wire.h (vocabulary that any
# layer may use) are always allowed.
MAY_INCLUDE = {"include/seven": [], "src/core": []}
for _below, _layer in zip([None] + LAYERS, LAYERS):
    MAY_INCLUDE["src/" + _layer] = ["core"] + ([_below] if _below else [])
MAY_INCLUDE["src/stack"] = ["core"] + LAYERS[:5]
MAY_INCLUDE["src/sim"] = ["core", "l1_physical", "l2_link", "stack"]
MAY_INCLUDE["src/trace"] = ["core"] + LAYERS
MAY_INCLUDE["port"] = ["core", "trace", "l1_physical"]
MAY_INCLUDE["examples"] = []
# The simulator is measured, and is no public header's; what a measured connection did is told in the trace's words.
MAY_INCLUDE["bench"] = ["port", "sim", "tests", "trace"]
OWN = {"include/seven": "seven", "examples": "examples"}

FREESTANDING_HEADERS = {"stdint.h", "stddef.h", "stdbool.h"}
# What layers 6 and 7 and the trace may use of a library: no operating system, no clock, no I/O.
HOSTED_HEADERS = FREESTANDING_HEADERS | {"string.h", "strings.h", "stdio.h", "stdlib.h", "inttypes.h", "limits.h",
                                         "ctype.h", "stdarg.h", "stdalign.h"}
HOSTED_LIBRARIES = ("openssl/", "nghttp2/", "zlib.h", "brotli/", "zstd.h", "idn2.h", "yaml.h", "jansson.h")
HOSTED_UNDER = ("src/trace/", "src/l6_presentation/", "src/l7_application/")

PROJECT_FOLDERS = {"core", "stack", "sim", "trace", "port", "cli", *LAYERS}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def includes(text):
    """(line, '<' or '"', name); an #include inside a comment is none."""
    code = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)
    return [(line_of(code, m.start(1)), m.group(1), m.group(2)) for m in INCLUDE.finditer(code)]


def home_of(file):
    """The folder of MAY_INCLUDE that a file belongs to, or None when it may include anything."""
    return next((home for home in MAY_INCLUDE if file.startswith(home + "/")), None)


def check_include_direction(tree):
    """A layer includes core/, itself, the layer below and the public face; nothing above."""
    for file in tree.of_kind("c", "h"):
        home = home_of(file)
        if home is None:
            continue
        own = OWN.get(home, home.removeprefix("src/"))
        allowed = {"seven", own, *MAY_INCLUDE[home]}
        if home == "include/seven":
            allowed = {"seven"}
        for line, mark, name in includes(tree.text(file)):
            if mark != '"':
                continue
            folder = name.split("/")[0] if "/" in name else ""
            beside = os.path.join(os.path.dirname(file), name)
            if not folder:
                # Programs beside the library may name their own headers bare.
                if home.startswith(("src/", "include/", "port")) or beside not in tree.files:
                    yield Finding(file, line, f'"{name}" must be named from src/ or include/')
            elif file.endswith("_wire.h") and folder not in ("core", "seven", own) and not name.endswith("_wire.h"):
                yield Finding(file, line, f'a wire parser is vocabulary: it may not lean on "{name}"')
            elif home in ("bench", "examples") and folder not in PROJECT_FOLDERS:
                continue  # a peer's header: lwip/, ...
            elif folder not in allowed and not (name.endswith("_wire.h") and folder in LAYERS):
                yield Finding(file, line, f'{own} may not include "{name}": dependencies point down')


def check_system_includes(tree):
    """The core uses three headers of the compiler's; only port/, cli/ and tests see the operating system."""
    for file in tree.of_kind("c", "h", under=FREESTANDING_UNDER + HOSTED_UNDER + ("include/",)):
        hosted = file.startswith(HOSTED_UNDER)
        allowed = set(HOSTED_HEADERS if hosted else FREESTANDING_HEADERS)
        if re.search(r"_avx(2|512)\.c$", file):
            allowed.add("immintrin.h")
        for line, mark, name in includes(tree.text(file)):
            if mark == "<" and name not in allowed and not (hosted and name.startswith(HOSTED_LIBRARIES)):
                yield Finding(file, line, f"<{name}> is not for this folder")


def check_lengths(tree):
    """Files of at most 600 lines, functions under 60, lines of at most 120 columns."""
    for file in tree.of_kind(*FUNCTION_FINDERS):
        text = tree.text(file)
        lines = text.split("\n")
        count = len(lines) - (lines[-1] == "")
        if count > FILE_LINES_MAX:
            yield Finding(file, FILE_LINES_MAX + 1, f"{count} lines; at most {FILE_LINES_MAX}")
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                yield Finding(file, number, f"{len(line)} columns; at most {COLUMNS_MAX}")
        functions, problem = FUNCTION_FINDERS[tree.kind(file)](text)
        if problem:
            yield Finding(file, problem, "the ends of functions cannot be seen: braces that do not pair")
        for f in functions:
            if f.last - f.first + 1 > FUNCTION_LINES_MAX:
                yield Finding(file, f.first, f"{f.name} has {f.last - f.first + 1} lines; at most {FUNCTION_LINES_MAX}")


def check_whitespace(tree):
    """No tabs in C, no space at the end of a line, one newline at the end."""
    for file in tree.of_kind("c", "h", "py", "sh", "js", "build"):
        text = tree.text(file)
        for number, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield Finding(file, number, "space at the end of the line")
            if "\t" in line and tree.kind(file) in ("c", "h", "py", "js"):
                yield Finding(file, number, "a tab")
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield Finding(file, line_of(text, len(text)), "the file must end in exactly one newline")


def check_licence(tree):
    """Every source names its licence in its first lines."""
    for file in tree.of_kind("c", "h", "py", "sh", "js", "css", "html", "build", "yml", "yaml"):
        if LICENCE not in "\n".join(tree.text(file).split("\n")[:3]):
            yield Finding(file, 1, f"no '{LICENCE}'")


BYTES_DECLARED = re.compile(r"\b(?:uint8_t|unsigned char|char)\s*\*\s*(?:const\s+)?(\w+)")
STRUCT_CAST = re.compile(r"\(\s*(?:const\s+)?struct\s+\w+\s*\*\s*\)\s*\(?\s*&?(\w+)")
WIRE_GIVERS = {"sv_buf_head", "sv_buf_at", "sv_buf_push", "sv_buf_pull", "sv_rd_bytes", "sv_wr_bytes",
               "sv_slab_bytes"}
WIRE_LAYOUT = re.compile(r"__attribute__\s*\(\(\s*(?:__)?packed|#\s*pragma\s+pack")
WIRE_SWAP = re.compile(r"\b(?:ntoh[sl]|hton[sl]|be(?:16|32|64)toh|htobe(?:16|32|64)|__builtin_bswap\d+)\s*\(")
# cli/ speaks to the kernel's sockets, src/trace reads capture files of either byte order.
SWAP_UNDER = FREESTANDING_UNDER + tuple(f"src/{layer}/" for layer in LAYERS[5:]) + ("include/", "examples/")


def check_wire_structs(tree):
    """Wire bytes are never a struct: no packed layouts, no casts, no byte swapping in the layers."""
    for file in tree.of_kind("c", "h", under=("src/", "include/", "cli/", "examples/")):
        code = c_code(tree.text(file))
        swaps = WIRE_SWAP.finditer(code) if file.startswith(SWAP_UNDER) else []
        for m in [*WIRE_LAYOUT.finditer(code), *swaps]:
            yield Finding(file, line_of(code, m.start()), f"'{m.group(0).strip('( ')}': use cursors and accessors")
        # A name counts as bytes only within its own function: elsewhere the same name may be a record.
        for body in re.finditer(r"^[^\s#}].*?^}", code, re.S | re.M):
            names = {m.group(1) for m in BYTES_DECLARED.finditer(body.group(0))} | WIRE_GIVERS
            for m in STRUCT_CAST.finditer(body.group(0)):
                if m.group(1) in names:
                    line = line_of(code, body.start() + m.start())
                    yield Finding(file, line, f"bytes ({m.group(1)}) cast to a struct")


def check_conditions(tree):
    """No #if in protocol logic: configuration is a struct, platforms are whole files."""
    for file in tree.of_kind("c", "h", under=PROTOCOL_UNDER):
        code = c_code(tree.text(file))
        found = [(line_of(code, m.start(1)), m.group(1)) for m in
                 re.finditer(r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else)\b", code, re.M)]
        if file.endswith(".h") and found and found[0][1] == "ifndef":
            found = found[1:]  # the include guard
        for line, word in found:
            yield Finding(file, line, f"#{word} in protocol logic")


CORE_WORDS = [(re.compile(r"\b(?:float|double)\b"), "floating point"), (re.compile(r"\blong\b"), "long"),
              (re.compile(r"__int128"), "__int128"),
              (re.compile(r"(?<![\w.>])mem(?:cpy|move|set|cmp)\s*\("), "a bare memory function (use sv_mem*)"),
              (re.compile(r"\basm\b|__asm"), "assembler"), (re.compile(r"\b_Thread_local\b|\b_Atomic\b"), "threads")]


def check_core_words(tree):
    """The freestanding folders use no floating point, no long, no __int128, no assembler, no threads."""
    for file in tree.of_kind("c", "h", under=FREESTANDING_UNDER + ("include/",)):
        code = c_code(tree.text(file))
        for pattern, name in CORE_WORDS:
            for m in pattern.finditer(code):
                yield Finding(file, line_of(code, m.start()), f"{name} in the core")


# Spelled in two halves, so that this file does not find itself.
LEFT_WORDS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:wo" r"rk/|tm" r"p/w(?:/|\b)|ro" r"ot/|ho" r"me/\w)")


def check_left_words(tree):
    """Nothing is left to be done in the tree: what is missing stands in docs/."""
    for file in tree.of_kind("c", "h", "py", "sh", "js", "css", "html", "build", "yml", "yaml", "md"):
        for number, line in enumerate(tree.text(file).split("\n"), 1):
            for m in LEFT_WORDS.finditer(line):
                yield Finding(file, number, f"'{m.group(0)}' left in the tree")


def check_machine_paths(tree):
    """No path of the machine on which a file was written."""
    for file in tree.files:
        if os.path.getsize(os.path.join(tree.root, file)) > 1 << 20:
            continue
        text = tree.text(file)
        if "\0" in text[:4096]:
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for m in MACHINE_PATHS.finditer(line):
                yield Finding(file, number, f"the path '{m.group(0)}' is of one machine")


def check_in_build(tree):
    """Every C file is named by its folder's meson.build: a file that nothing compiles is not tested."""
    for file in tree.of_kind("c", under=("src/", "port/", "cli/", "tests/unit/", "tests/support/", "fuzz/",
                                         "bench/", "examples/")):
        folder, name = os.path.split(file)
        named = False
        while not named:
            path = os.path.join(folder, "meson.build")
            relative = os.path.relpath(file, folder or ".")
            named = path in tree.files and f"'{relative}'" in tree.text(path)
            if not folder:
                break
            folder = os.path.dirname(folder)
        if not named:
            yield Finding(file, 1, f"no meson.build names '{name}'")


CHECKS = [check_include_direction, check_system_includes, check_lengths, check_whitespace, check_licence,
          check_wire_structs, check_conditions, check_core_words, check_left_words, check_machine_paths, check_in_build]
