#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks the models with spin: `spec/check.py [-v]`. A model holds over all its states, or fails as it says, and then
-v shows the run that breaks it. Last line: `N passed, N failed`; exit 77 where spin is not installed."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))

# model, defines, does it hold, what it shows
CHECKS = [
    ("opening.pml", ["-DMESSAGES=3"], True, "three messages: who accepts was answered"),
    ("opening.pml", ["-DMESSAGES=3", "-DNEAR"], True, "three messages, later numbers within the earlier window"),
    ("opening.pml", ["-DMESSAGES=2"], False, "two messages: an old SYN is accepted that nobody wants any more"),
    ("opening.pml", ["-DMESSAGES=3", "-DREUSE"], False, "three messages, an ISN used again too early: an old ACK is"),
    ("closing.pml", [], True, "closing: all data and both FINs arrive, nobody is told of a reset, nothing gets stuck"),
    ("closing.pml", ["-DNO_TIME_WAIT"], False, "closing without TIME-WAIT: the FIN that comes again finds nobody"),
    ("closing.pml", ["-DFIN_OVERTAKES"], False, "closing with a FIN that overtakes data: it is lost"),
]


def run(command, folder):
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)


def check(model, defines, show):
    """(holds, states): over the whole state space, or up to the first violation. None when it could not be run."""
    with tempfile.TemporaryDirectory(prefix="seven-spec-") as folder:
        shutil.copy(os.path.join(HERE, model), folder)
        for command in (["spin", *defines, "-a", model],
                        ["cc", "-w", "-O0", "-DSAFETY", "-o", "pan", "pan.c"]):
            done = run(command, folder)
            if done.returncode:
                print(done.stdout + done.stderr)
                return None
        # -E where a model's end is not one: opening has runs that just go quiet.
        words = run(["./pan", "-m100000", "-w18"] + (["-E"] if model == "opening.pml" else []), folder).stdout
        errors, states = re.search(r"errors: (\d+)", words), re.search(r"(\d+) states, stored", words)
        if not errors or not states or "max search depth too small" in words or "out of memory" in words:
            print(words)
            return None
        if show and errors[1] != "0":
            print(run(["spin", *defines, "-t", "-p", model], folder).stdout)
        return errors[1] == "0", int(states[1])


def main():
    if not shutil.which("spin"):
        print("skip: spin is not installed")
        return 77
    passed = failed = 0
    for model, defines, wanted, words in CHECKS:
        found = check(model, defines, "-v" in sys.argv[1:])
        good = found is not None and found[0] == wanted
        passed, failed = passed + good, failed + (not good)
        seen = "could not be checked" if found is None else \
            f"{'holds' if found[0] else 'fails'}, {found[1]} states"
        print(f"{'ok' if good else 'not ok'} - {words} ({model} {' '.join(defines)}: {seen})".replace(" :", ":"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
