#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What tools/mutants makes of a few lines of C."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from checks import mutation, tree  # noqa: E402


class MutationTest(unittest.TestCase):
    CODE = ("int sv_a(int x)\n{\n    for (int i = 0; i < 3; i++)\n        x++;\n    if (x > 3) /* not a == b */\n"
            "        return 1;\n    if (sv_seq_before(x, 2) && x != 5)\n        return s->flags & SV_ACK;\n"
            "    return 0;\n}\nint sv_b(int x)\n{\n    return x == 1;\n}\n")

    def test_comparisons(self):
        made = [m.key for m in mutation.comparisons("a.c", self.CODE, ["sv_a"])]
        self.assertEqual(made, [
            "sv_a: if (x > 3) return 1 -> if (x <= 3) return 1",
            "sv_a: if (sv_seq_before(x, 2) && x != 5) return s->flags & SV_ACK -> "
            "if (!sv_seq_before(x, 2) && x != 5) return s->flags & SV_ACK",
            "sv_a: if (sv_seq_before(x, 2) && x != 5) return s->flags & SV_ACK -> "
            "if (!(sv_seq_before(x, 2) && x != 5)) return s->flags & SV_ACK",
            "sv_a: if (sv_seq_before(x, 2) && x != 5) return s->flags & SV_ACK -> "
            "if (sv_seq_before(x, 2) && x == 5) return s->flags & SV_ACK",
            "sv_a: if (sv_seq_before(x, 2) && x != 5) return s->flags & SV_ACK -> "
            "if (sv_seq_before(x, 2) && x != 5) return !(s->flags & SV_ACK)"])

    def test_applied(self):
        first = next(mutation.comparisons("a.c", self.CODE, ["sv_b"]))
        self.assertEqual(first.line, 13)
        self.assertIn("return x != 1;", first.applied(self.CODE))

    def test_edges(self):
        made = list(mutation.edges("a.c", "    X(CLOSING, FIN_ACKED, TIME_WAIT) \\\n    X(ab, cd, ef)\n"))
        self.assertEqual([m.became for m in made], ["", "X(CLOSING, FIN_ACKED, CLOSED)"])

    def test_of_the_tree(self):
        whole = tree.Tree(ROOT)
        made = list(mutation.mutants(whole))
        for name, functions in mutation.STEPS.items():
            there = {m.function for m in made if m.file == mutation.FOLDER + name}
            self.assertEqual(there, set(functions), name)
        self.assertGreater(sum(m.function == "edge" for m in made), 80)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
