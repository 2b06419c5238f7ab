# SPDX-License-Identifier: BSD-2-Clause
"""Checks that compile: headers alone, and what the core's objects need, hold and keep."""

import os
import re
import shlex
import shutil
import subprocess

from checks.text import FREESTANDING_UNDER
from checks.tree import Finding

# The core may need these and no other symbol; memory functions come with any compiler.
CORE_IMPORTS = {"memcpy", "memmove", "memset", "memcmp", "sv_assert_failed"}
# Fewer definitions than this would mean that the check looks at nothing.
MIN_DEFINITIONS = 500

WARNINGS = ("-std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes "
            "-Wvla -Wundef -Wwrite-strings -Werror").split()
CORE_FLAGS = ["-ffreestanding", "-ffp-contract=off", "-fno-math-errno", "-fno-lto", "-fno-pic"]
# Tables of constants that hold addresses stay constants only without -fPIC (.rodata, not .data.rel.ro).
NATIVE = {"gcc-O0": ["gcc", "-O0"], "gcc-O2": ["gcc", "-O2"], "clang-O0": ["clang", "-O0"],
          "clang-O2": ["clang", "-O2"]}
FOREIGN = {"wasm32": ["clang", "-O2", "--target=wasm32", "-nostdlibinc"],
           "armv7": ["clang", "--target=armv7-none-eabi", "-nostdlibinc"]}
# Nothing looks at these objects: reading them is enough for the sizes that are asserted.
ONLY_READ = {"armv7"}
# Platforms are whole files, chosen by the folder's meson.build; these endings say which.
ONLY_X86 = {"_x86.c": [], "_avx2.c": ["-mavx2"], "_avx512.c": ["-mavx2", "-mavx512f", "-mavx512bw", "-mavx512vl"]}
NEVER_X86 = "_generic.c"


def tool(*names):
    found = next((path for path in map(shutil.which, names) if path), None)
    if not found:
        raise RuntimeError(f"none of {', '.join(names)} is installed: run tools/bootstrap")
    return found


class Compiled:
    """A ninja build of every header alone and every core file under six compilers, kept in build-tidy."""

    def __init__(self, tree, folder=None):
        self.tree = tree
        self.folder = folder or os.path.join(tree.root, "build-tidy")
        self.core = tree.of_kind("c", under=FREESTANDING_UNDER)
        self.headers = tree.of_kind("h", under=("include/", "src/", "port/", "cli/", "tests/"))
        self.outputs = {}  # output: (what, source, configuration)
        self.broken = {}   # output: the compiler's words
        self._build()

    def objects(self, configuration):
        return [os.path.join(self.folder, out) for out, (what, _, c) in self.outputs.items()
                if what == "object" and c == configuration and out not in self.broken]

    def _command(self, compiler, source, extra):
        # Relative to the root: an object is the same wherever the tree lies.
        where = ["-I" + os.path.join(self.tree.root, d) for d in ("include", "src", "")]
        return [tool(compiler[0], compiler[0] + "-14"), *compiler[1:], *where, *WARNINGS, *extra, source]

    def _rules(self):
        for header in self.headers:
            freestanding = header.startswith(FREESTANDING_UNDER + ("include/",))
            for compiler in ("gcc", "clang"):
                out = f"alone/{compiler}/{header}.ok"
                self.outputs[out] = ("header", header, compiler)
                extra = ["-x", "c", "-fsyntax-only", "-Wno-unused-function",
                         "-include", os.path.join(self.tree.root, header)]
                extra += ["-ffreestanding"] if freestanding else []
                yield out, header, self._command([compiler], "/dev/null", extra) + ["&&", "touch", out]
        for name, compiler in {**NATIVE, **FOREIGN}.items():
            for source in self.core:
                special = next((f for end, f in ONLY_X86.items() if source.endswith(end)), None)
                x86 = name in NATIVE and os.uname().machine == "x86_64"
                if (x86 and source.endswith(NEVER_X86)) or (not x86 and special is not None):
                    continue
                out = f"{name}/{source}.o"
                self.outputs[out] = ("object", source, name)
                flags = CORE_FLAGS + (special or []) + (["-Wcast-align=strict"] if name == "gcc-O2" else [])
                path = os.path.join(self.tree.root, source)
                ends = ["-fsyntax-only", "&&", "touch", out] if name in ONLY_READ else ["-c", "-o", out]
                yield out, source, self._command(compiler, path, flags) + ends

    def _build(self):
        os.makedirs(self.folder, exist_ok=True)
        lines = ["builddir = .", "rule run", "  command = $it", "  depfile = $out.d", "  deps = gcc"]
        for out, source, command in self._rules():
            at = command.index("&&") if "&&" in command else len(command)
            words = command[:at] + ["-MD", "-MF", out + ".d", "-MT", out] + command[at:]
            it = " ".join(w if w == "&&" else shlex.quote(w) for w in words).replace("$", "$$")
            path = os.path.join(self.tree.root, source).replace(" ", "$ ").replace(":", "$:")
            lines += [f"build {out}: run {path}", f"  it = {it}"]
        with open(os.path.join(self.folder, "build.ninja"), "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        done = subprocess.run([tool("ninja"), "-C", self.folder, "-k", "0"], capture_output=True, text=True,
                              check=False)
        if done.returncode:
            for m in re.finditer(r"^FAILED: (\S+) *\n[^\n]*\n(.*?)(?=^\[\d+/|^ninja: |\Z)", done.stdout, re.S | re.M):
                self.broken[m.group(1)] = m.group(2)
            if not self.broken:
                raise RuntimeError("ninja: " + (done.stdout + done.stderr)[-2000:])

    def complaints(self, what):
        for out, words in sorted(self.broken.items()):
            kind, source, configuration = self.outputs[out]
            if kind == what:
                first = re.search(r"^([^\n:]+):(\d+):(?:\d+:)? ((?:fatal )?error: [^\n]*)", words, re.M)
                file = os.path.relpath(first.group(1), self.tree.root) if first else source
                line = int(first.group(2)) if first else 1
                yield file, line, configuration, first.group(3) if first else words.strip()[-300:]

    def symbols(self, configuration):
        """[(object, name, letter)] as nm tells them."""
        objects = self.objects(configuration)
        found = []
        for at in range(0, len(objects), 200):
            out = subprocess.run([tool("nm"), "-A", "-P", *objects[at:at + 200]], capture_output=True, text=True,
                                 check=True).stdout
            for line in out.splitlines():
                place, name, letter = re.match(r"(.*?): (\S+) (\S)", line).groups()
                found.append((os.path.relpath(place, os.path.join(self.folder, configuration))[:-2], name, letter))
        return found


def check_headers_alone(compiled):
    """Every header compiles alone, with gcc and clang and all warnings."""
    if not compiled.headers:
        yield Finding(".", 1, "no header found")
    for file, line, compiler, words in compiled.complaints("header"):
        yield Finding(file, line, f"[{compiler}] {words}")


def check_core_compiles(compiled):
    """Every core file compiles freestanding: gcc and clang at -O0 and -O2, wasm32, armv7 (record sizes)."""
    if not compiled.core:
        yield Finding("src/core", 1, "no core file found")
    for file, line, configuration, words in compiled.complaints("object"):
        yield Finding(file, line, f"[{configuration}] {words}")


def check_core_needs(compiled):
    """The core needs four memory functions and the assertion hook; the check sees the whole core."""
    needed = {}
    for configuration in sorted(NATIVE):
        symbols = compiled.symbols(configuration)
        defined = {(file, name) for file, name, letter in symbols if letter not in "UwN" and name[0] != "."}
        shared = {name for _, name, letter in symbols if letter in "TDBRVWC"}
        for file, name, letter in symbols:
            if letter in "Uw" and name not in shared and name not in CORE_IMPORTS:
                needed.setdefault((file, name), []).append(configuration)
        if configuration.endswith("O0") and len(defined) < MIN_DEFINITIONS:
            yield Finding("src/core", 1, f"[{configuration}] only {len(defined)} definitions, {MIN_DEFINITIONS} "
                          "expected: does the check see the core?")
    for (file, name), where in needed.items():
        yield Finding(file, 1, f"needs {name} [{', '.join(where)}]")


def check_core_state(compiled):
    """The core owns no global mutable state: nothing in .data or .bss."""
    for configuration in NATIVE:
        for file, name, letter in compiled.symbols(configuration):
            if letter in "bBdDgGsSCvV":
                yield Finding(file, 1, f"[{configuration}] {name} is a global variable")


def check_core_links_wasm(compiled):
    """All core objects link for wasm32 with those imports and no other undefined symbol."""
    objects = compiled.objects("wasm32")
    if not objects:
        yield Finding("src/core", 1, "[wasm32] no object to link")
        return
    imports = os.path.join(compiled.folder, "imports")
    with open(imports, "w", encoding="utf-8") as f:
        f.write("\n".join(sorted(CORE_IMPORTS)) + "\n")
    done = subprocess.run([tool("wasm-ld", "wasm-ld-14"), "--no-entry", "--no-gc-sections", "--export-all",
                           "--error-limit=0", "--allow-undefined-file=" + imports, "-o",
                           os.path.join(compiled.folder, "core.wasm"), *objects], capture_output=True, text=True,
                          check=False)
    for line in done.stderr.splitlines():
        if "error:" not in line:
            continue
        missing = re.search(r"error: .*wasm32/(\S+)\.o: (.*)", line)
        file, words = missing.groups() if missing else ("src/core", line)
        yield Finding(file, 1, "[wasm32] " + words)
    if done.returncode and not done.stderr.strip():
        yield Finding("src/core", 1, f"[wasm32] wasm-ld ended with {done.returncode}")


def definitions(compiled):
    """For the summary: how many definitions each native configuration shows."""
    return {c: len({(f, n) for f, n, letter in compiled.symbols(c) if letter not in "UwN" and n[0] != "."})
            for c in NATIVE}


CHECKS = [check_headers_alone, check_core_compiles, check_core_needs, check_core_state, check_core_links_wasm]
