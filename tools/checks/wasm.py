# SPDX-License-Identifier: BSD-2-Clause
"""The programs named hash_*, built for wasm32 in build-wasm: the very sources that gcc and clang build for this
machine, over the little of a C library that tests/wasm has. Node.js runs them."""

import os
import shlex
import shutil
import subprocess

from checks.objects import CORE_FLAGS, FOREIGN, NEVER_X86, ONLY_X86, tool
from checks.runs import ROOT
from checks.text import FREESTANDING_UNDER
from checks.tree import Tree

FOLDER = "build-wasm"
WHERE = "tests/scenario"
# What a program has beside the core and its own file.
BESIDE = {"hash_events": ["conditions.c", "ends.c", "forge.c", "inject.c", "inject6.c", "pair.c"]}
LIBC = "tests/wasm/libc.c"  # the only one that may name the machine's own instructions
INCLUDES = ["tests/wasm/include", "include", "src", "."]
LINK = ["--no-entry", "--export=program", "-z", "stack-size=4194304", "--error-limit=0"]


def runner():
    """Node.js; None: it is not installed."""
    return shutil.which("node") or shutil.which("nodejs")


def programs():
    return sorted(f[:-2] for f in os.listdir(os.path.join(ROOT, WHERE)) if f.startswith("hash_") and f.endswith(".c"))


def core_sources():
    for source in Tree(ROOT).of_kind("c", under=FREESTANDING_UNDER):
        if not any(source.endswith(end) for end in ONLY_X86):
            yield source


def ninja_file():
    clang, linker = tool(FOREIGN["wasm32"][0], "clang-14"), tool("wasm-ld", "wasm-ld-14")
    flags = ["-std=c11", *CORE_FLAGS, "-Dmain=program", *(f"-I../{d}" for d in INCLUDES)]
    flags += FOREIGN["wasm32"][1:]
    yield f"rule cc\n  command = {clang} {shlex.join(flags)} -fno-builtin $more -MMD -MF $out.d -c $in -o $out"
    yield "  depfile = $out.d\n  deps = gcc"
    yield f"rule link\n  command = {linker} {shlex.join(LINK)} -o $out $in\n"
    core, seen = [], set()

    def compiled(source):
        out = source + ".o"
        if out not in seen:
            seen.add(out)
            return out, f"build {out}: cc ../{source}" + ("\n  more = -mbulk-memory" if source == LIBC else "")
        return out, None

    for source in [*core_sources(), LIBC]:
        out, line = compiled(source)
        core.append(out)
        yield line
    for name in programs():
        objects = []
        for file in [name + ".c", *BESIDE.get(name, [])]:
            out, line = compiled(f"{WHERE}/{file}")
            objects.append(out)
            if line:
                yield line
        yield f"build {name}.wasm: link {' '.join(objects + core)}"


def build():
    """What went wrong, as text; None: nothing."""
    folder = os.path.join(ROOT, FOLDER)
    os.makedirs(folder, exist_ok=True)
    text = "\n".join(ninja_file()) + "\n"
    path = os.path.join(folder, "build.ninja")
    old = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            old = f.read()
    if old != text:
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    done = subprocess.run(["ninja", "-C", folder], capture_output=True, text=True, check=False)
    return done.stdout[-3000:] + done.stderr if done.returncode else None


def run(name):
    program = os.path.join(ROOT, FOLDER, name + ".wasm")
    return subprocess.run([runner(), os.path.join(ROOT, "tests/wasm/run.js"), program], capture_output=True, cwd=ROOT,
                          check=False)
