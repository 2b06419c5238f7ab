#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Has spin print what its models do, and two stacks do the same:
`spec/replay.py [--all] REPLAY_SPIN [two-messages.yaml]`.

Every edge of the models' state spaces; 1,000 random runs of each model; the counterexamples of those that fail; and
stacks that are wrong on purpose must be found out. Last line: `N passed, N failed`; exit 77 where there is no spin."""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PAN = ["cc", "-w", "-O0", "-DSAFETY"]

# words of it, model, defines, the stacks' part (tests/scenario/replay_spin.c), random: how many runs
TREES = [
    ("opening, numbers within a window", "opening.pml", ["-DMESSAGES=3", "-DNEAR"], "opening-near"),
    ("closing, acknowledgments of data lost", "closing.pml", [], "closing"),
    ("closing, acknowledgments of data delivered", "closing.pml", [], "closing-acks"),
]
ALL = [("opening, numbers far apart", "opening.pml", ["-DMESSAGES=3"], "opening")]
WRONG = [
    ("a handshake of two messages is found out", "opening.pml", ["-DMESSAGES=3", "-DNEAR"], "opening-two"),
    ("a stack without TIME-WAIT is found out", "closing.pml", [], "closing-no-time-wait"),
]
RANDOM = [
    ("opening, numbers far apart", "opening.pml", ["-DMESSAGES=3"], "opening", 500),
    ("opening, numbers within a window", "opening.pml", ["-DMESSAGES=3", "-DNEAR"], "opening-near", 500),
    ("closing", "closing.pml", [], "closing", 1000),
]
BROKEN = [
    ("two messages: accepted, and nobody wants it", "opening.pml", ["-DMESSAGES=2"], "opening-two"),
    ("an ISN taken again: an old ACK opens", "opening.pml", ["-DMESSAGES=3", "-DREUSE"], "opening-reuse"),
    ("no TIME-WAIT: the FIN finds nobody", "closing.pml", ["-DNO_TIME_WAIT"], "closing"),
]


class Trouble(Exception):
    """Something could not be run."""


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
    return done.returncode, done.stdout + done.stderr


def built(model, defines, options):
    """A folder with pan in it."""
    folder = tempfile.TemporaryDirectory(prefix="seven-spec-")
    shutil.copy(os.path.join(HERE, model), folder.name)
    for command in (["spin", "-DTRACE", *defines, "-a", model], [*PAN, *options, "-o", "pan", "pan.c"]):
        code, words = run(command, folder.name)
        if code:
            raise Trouble(words)
    return folder


def told(replay, part, way, source):
    """What the stacks make of a trace that `source` prints: (do they agree, the last line)."""
    stacks = subprocess.run([replay, part, way], stdin=source, capture_output=True, text=True, check=False)
    words = (stacks.stdout + stacks.stderr).strip().splitlines() or ["nothing was said"]
    if stacks.returncode > 1 or stacks.returncode < 0:
        raise Trouble("\n".join(words))
    return stacks.returncode == 0, words[-1]


def edges_missed(words, model):
    """Edges in pan's own list of what it did not reach: lines of the model."""
    return {int(line) for line in re.findall(rf"{re.escape(model)}:(\d+), state \d+, \"printf\(' [a-z_]+ ", words)}


def traced(model, defines, keep):
    """(the trace of every edge, what pan said at its end): made once, in the folder `keep`."""
    path = os.path.join(keep, "".join([model, *defines]))
    if not os.path.exists(path):
        with built(model, defines, ["-DNOREDUCE", "-DPRINTF"]) as folder, open(path, "wb") as trace:
            subprocess.run(["./pan", "-m100000", "-w18", "-E"], cwd=folder, stdout=trace, check=True)
    with open(path, "rb") as trace:
        trace.seek(max(0, os.path.getsize(path) - 65536))
        return path, trace.read().decode(errors="replace")


def tree(replay, keep, model, defines, part):
    """(do they agree, words, lines of the model whose edge was not reached)."""
    path, last = traced(model, defines, keep)
    with open(path, "rb") as trace:
        good, words = told(replay, part, "tree", trace)
    return good and "errors: 0" in last, words, edges_missed(last, model)


def random_runs(replay, model, defines, part, runs):
    with tempfile.TemporaryDirectory(prefix="seven-spec-") as folder:
        shutil.copy(os.path.join(HERE, model), folder)
        path = os.path.join(folder, "trace")
        with open(path, "wb") as trace:
            subprocess.run(["spin", "-n7", "-T", "-DTRACE", f"-DRUNS={runs}", *defines, model], cwd=folder,
                           stdout=trace, stderr=subprocess.DEVNULL, check=False)
        with open(path, "rb") as trace:
            good, words = told(replay, part, "runs", trace)
    return good and f" {runs} runs," in words, words


@functools.lru_cache
def counterexample(model, *defines):
    """The shortest run that breaks the model, as lines of a trace."""
    with built(model, defines, ["-DBFS"]) as folder:
        words = run(["./pan", "-m100000", "-w18", "-E"], folder)[1]
        if "errors: 1" not in words:
            raise Trouble("the model was to fail:\n" + words)
        trail = run(["spin", "-T", "-DTRACE", *defines, "-t", model], folder)[1]
    return [line for line in trail.splitlines() if line.startswith("@ ")]


def broken(replay, model, defines, part):
    with tempfile.TemporaryFile() as trace:
        trace.write(("\n".join(counterexample(model, *defines)) + "\n").encode())
        trace.seek(0)
        return told(replay, part, "runs", trace)


def as_scenario(trail):
    """The counterexample as lines of a scenario: a step each half second. Attempts are x1, x2, ..."""
    timeline, faults = [], []
    at = {}
    for step, line in enumerate(trail):
        _, _, event, attempt, _, _ = line.split()
        time = f"{step * 500}ms"
        if event == "open":
            at[attempt] = step
            timeline.append(f'  - {{at: {time}, host: b, connect: "a:80", from_port: 40000, as: x{attempt}}}')
        elif event == "give_up":
            timeline[-1] = timeline[-1][:-1] + f", give_up: {(step - at[attempt]) * 500}ms}}"
        elif event == "syn":
            faults.append(f"  - {{id: late, hold: SYN of x{attempt}, until: {time}}}")
        else:
            raise Trouble(f"no scenario says {event}")
    return ["timeline:", *timeline, "", "faults:", *faults, ""]


def same_experiment(path):
    wanted = as_scenario(counterexample("opening.pml", "-DMESSAGES=2"))
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    begin = lines.index("timeline:") if "timeline:" in lines else 0
    seen = lines[begin:begin + len(wanted)]
    return seen == wanted, "" if seen == wanted else "wanted:\n" + "\n".join(wanted)


def cases(replay, files, more, keep):
    never = []

    def edges(*which):
        good, words, missing = tree(replay, keep, *which)
        never.append((which[0], missing))
        return good, words

    def reached():
        both = {model: set.intersection(*[m for of, m in never if of == model]) for model, _ in never}
        missing = [f"{model}:{line}" for model, lines in sorted(both.items()) for line in sorted(lines)]
        return not missing, " ".join(missing) or "none is left out"

    for words, *which in TREES + more:
        yield f"every edge: {words}", lambda which=which: edges(*which)
    yield "every edge that the models write down", reached
    for words, *which in WRONG:
        yield words, lambda which=which: (lambda found: (not found[0], found[1]))(tree(replay, keep, *which))
    for words, *which in RANDOM:
        yield f"random runs: {words}", lambda which=which: random_runs(replay, *which)
    for words, *which in BROKEN:
        yield f"spin's counterexample: {words}", lambda which=which: broken(replay, *which)
    for path in files:
        yield f"it is the experiment {os.path.basename(path)}", lambda path=path: same_experiment(path)


def main():
    if not shutil.which("spin"):
        print("skip: spin is not installed")
        return 77
    passed = failed = 0
    more = ALL if "--all" in sys.argv[1:] else []
    replay, *files = [word for word in sys.argv[1:] if word != "--all"]
    with tempfile.TemporaryDirectory(prefix="seven-spec-") as keep:
        for words, case in cases(os.path.realpath(replay), files, more, keep):
            try:
                good, seen = case()
            except Trouble as trouble:
                good, seen = False, str(trouble)
            passed, failed = passed + good, failed + (not good)
            print(f"{'ok' if good else 'not ok'} - {words}{': ' + seen if seen else ''}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
