# SPDX-License-Identifier: BSD-2-Clause
"""Builds and runs of tests, told in a few lines: the noise goes to a log, what failed or was skipped is shown."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

# The closing line of every runner of ours, a test program's included: it may count its own cases.
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(*(a + b for a, b in zip(self, other)))

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")

    @property
    def code(self):
        """The exit code: nothing passed is no success."""
        return 1 if self.failed or not self.passed else 0


def say(words, end="\n"):
    print(words, end=end, flush=True)


def counts_of(text):
    found = CLOSING.findall(text)
    return Counts(*(int(n or 0) for n in found[-1])) if found else None


def tail(path, lines=40):
    with open(path, encoding="utf-8", errors="replace") as f:
        return "".join(f.readlines()[-lines:])


def build(folder, options=(), compiler="gcc", log=None, targets=()):
    """Configures `folder` when it is not, and builds. True when it worked."""
    path = os.path.join(ROOT, folder)
    os.makedirs(path, exist_ok=True)
    log = os.path.join(path, log or "build.log")
    env = dict(os.environ, CC=compiler)
    say("building ... ", end="")
    begun = time.monotonic()
    with open(log, "w", encoding="utf-8") as out:
        def run(*command):
            return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env=env, cwd=ROOT, check=False)
        done = None
        if not os.path.exists(os.path.join(path, "build.ninja")):
            shutil.rmtree(os.path.join(path, "meson-private"), ignore_errors=True)
            done = run("meson", "setup", path, *options)
        if done is None or done.returncode == 0:
            done = run("ninja", "-C", path, *targets)
    with open(log, encoding="utf-8", errors="replace") as f:
        files = len(re.findall(r"^\[\d+/\d+\] Compiling ", f.read(), re.M))
    shown = os.path.relpath(log, ROOT)
    if done.returncode:
        say(f"failed   (log: {shown})")
        say(tail(log))
        return False
    say(f"{files} files, {time.monotonic() - begun:.0f} s   (log: {shown})")
    return True


CASE = {"passed": re.compile(r"^\[       OK \] ", re.M), "failed": re.compile(r"^\[  FAILED  \] (?!\d+ test)", re.M),
        "skipped": re.compile(r"^\[  SKIPPED \] (?!\d+ test)", re.M)}


def count_test(entry):
    """The cases of one test program: as it says itself, by cmocka's marks, or as one case."""
    out, result = entry.get("stdout") or "", entry["result"]
    counts = counts_of(out)
    if counts is None:
        counts = Counts(*(len(pattern.findall(out)) for pattern in CASE.values()))
    if result == "SKIP":
        return Counts(skipped=1)
    if result not in ("OK", "EXPECTEDFAIL"):
        # A crash or a timeout counts too, even after a failure: the cases behind it were never run.
        cut = out.count("[==========] Running ") > len(re.findall(r"^\[==========\] \d+ test\(s\) run", out, re.M))
        return counts if counts.failed and not cut else counts + Counts(failed=1)
    if counts.failed:
        return counts
    counts = counts if sum(counts) else Counts(passed=1)
    # What passes may have left a part out, which its closing line does not count.
    return counts._replace(skipped=max(counts.skipped, len(skip_reasons(entry))))


def skip_reasons(entry):
    """The lines that begin with 'skip:', else the last thing a skipped test said."""
    words = (entry.get("stdout") or "") + (entry.get("stderr") or "")
    reasons = re.findall(r"^[ #]*skip(?:ped)?: *(.+)$", words, re.M | re.I)
    if not reasons and entry["result"] == "SKIP":
        reasons = [(words.strip().splitlines() or [""])[-1]]
    return [reason.strip() or "no reason given" for reason in reasons]


def suite(folder, suites=(), show=True):
    """Runs the tests of a built folder; shows failures and skips; gives the counts."""
    path = os.path.join(ROOT, folder)
    records = os.path.join(path, "meson-logs", "testlog.json")
    if os.path.exists(records):
        os.remove(records)
    # More than there are processors: the interop scripts mostly wait.
    jobs = str((os.cpu_count() or 1) + 2)
    command = ["meson", "test", "-C", path, "--no-rebuild", "--quiet", "--num-processes", jobs]
    for name in suites:
        command += ["--suite", name]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=ROOT, check=False)
    if not os.path.exists(records):
        say(done.stdout + done.stderr)
        return Counts(failed=1)
    total = Counts()
    with open(records, encoding="utf-8") as f:
        entries = [json.loads(line) for line in f]
    for entry in entries:
        counts, reasons = count_test(entry), skip_reasons(entry)
        total += counts
        name = entry["name"].split(" / ")[-1]
        if counts.failed:
            say(f"FAIL {name} ({entry['result']}, {entry['duration']:.1f} s)")
            if show:
                say("\n".join(((entry.get("stdout") or "") + (entry.get("stderr") or "")).splitlines()[-60:]))
        if counts.skipped:
            for reason in reasons or ["no reason given"]:
                say(f"skip {name}: {reason}")
    return total


def capture(command):
    """Runs a command, shows what it says as it says it, and gives its closing counts."""
    heard = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          cwd=ROOT) as run:
        for line in run.stdout:
            heard.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
    counts = counts_of("".join(heard)) or Counts()
    return counts if run.returncode == 0 or counts.failed else counts + Counts(failed=1)
