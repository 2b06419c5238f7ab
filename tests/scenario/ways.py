#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Do the short ways do what the long ones do? The same worlds with both, and with the long ones alone: frames and
events must be the same, to the last bit.  ways.py WAYS WAYS-LONG [SEEDS]"""

import subprocess
import sys


def main():
    short, long, *seeds = sys.argv[1:]
    said = []
    for program in (short, long):
        done = subprocess.run([program, *seeds], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{program}: exit status {done.returncode}\n{done.stderr}", end="")
            return 1
        said.append(done.stdout.splitlines())
    differ = [(a, b) for a, b in zip(*said) if a != b]
    for a, b in differ[:20]:
        print(f"with the short ways {a}; without {b}")
    if differ or len(said[0]) != len(said[1]) or not said[0]:
        print(f"{len(differ)} of {len(said[0])} worlds differ")
        return 1
    print(f"{len(said[0])} worlds, the same with the short ways and without")
    return 0


if __name__ == "__main__":
    sys.exit(main())
