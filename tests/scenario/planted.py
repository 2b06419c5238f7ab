#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Do random worlds find bugs? Each number from --seed on draws one of the bugs of seven-planted; it sweeps up to a
thousand seeds until a world fails. Nine in ten must be found. The first few are shrunk: what is left fails with the
bug, holds without it, and is short.

planted.py SEVEN-PLANTED                     a sample
planted.py SEVEN-PLANTED --bugs 200          so many drawn
planted.py SEVEN-PLANTED --all               each bug there is, once
planted.py SEVEN-PLANTED --only NAME..."""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time

SHORT = 40  # lines of a file that was shrunk: its hosts, links and faults, one a line


def run(words):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout, done.stderr


def sweep(given, plant):
    """(the bug's name, the seed that found it or 0, what it said, seconds)"""
    began = time.monotonic()
    _, out, err = run([given.seven, "sim", "--random", "--plant", str(plant), "--runs", str(given.runs), "--jobs", "1",
                       "--first"])
    name = re.search(r"^planted: (\S+)", err, re.M).group(1)
    found = re.search(r"^FAILED seed (\d+): (.*)", out, re.M)
    return name, int(found.group(1)) if found else 0, found.group(2) if found else "", time.monotonic() - began


def stale():
    """Bugs whose place in the sources is not there any more: tools/plant leaves them out."""
    plant = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "plant")
    return re.findall(r"^stale: (.*)", run([sys.executable, plant, "--list"])[2], re.M)


def shrink(given, name, seed, folder):
    """The lines that are left, or what is wrong with them."""
    small = os.path.join(folder, f"{name}.yaml")
    _, text, _ = run([given.seven, "sim", "--random", "--plant", name, "--seed", str(seed), "--shrink"])
    with open(small, "w", encoding="utf-8") as out:
        out.write(text)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    with_it = run([given.seven, "sim", small, "--plant", name])[0]
    without, said, _ = run([given.seven, "sim", small])
    if with_it == 0:
        return lines, "holds with the bug"
    if without != 0:
        return lines, "fails without the bug: " + said
    return lines, "" if len(lines) <= SHORT else f"{len(lines)} lines"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seven")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bugs", type=int, default=10)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--shrink", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", nargs="+")
    given = parser.parse_args()
    plants = range(given.seed, given.seed + given.bugs)
    if given.all or given.only:
        plants = given.only or run([given.seven, "sim", "--plant", "list"])[1].split()
    fates = []
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        for fate in pool.map(lambda plant: sweep(given, plant), plants):
            name, seed, said, seconds = fate
            fates.append(fate)
            print(f"{name}: " + (f"found by seed {seed}: {said}" if seed else f"NOT found in {given.runs} seeds") +
                  f" ({seconds:.1f} s)", flush=True)
    found = [f for f in fates if f[1]]
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, seed, _, _ in found[:given.shrink]:
            lines, wrong = shrink(given, name, seed, folder)
            print(f"{name} shrunk to {len(lines)} lines" + (f": WRONG: {wrong}" if wrong else ""), flush=True)
            if wrong or given.only:
                print("\n".join(lines))
            bad += bool(wrong)
    for line in stale():
        print(f"WRONG: {line}")
        bad += 1
    enough = 10 * len(found) >= 9 * len(fates)
    print(f"{len(found)} of {len(fates)} bugs found")
    shrunk = min(given.shrink, len(found))
    print(f"{shrunk - bad + enough} passed, {bad + (not enough)} failed")
    return 0 if enough and not bad else 1


if __name__ == "__main__":
    sys.exit(main())
