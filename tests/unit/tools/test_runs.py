#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What the runners count: a wrong sum would hide a failure."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from checks.runs import Counts, capture, count_test, counts_of, skip_reasons  # noqa: E402

CMOCKA = """[==========] Running 3 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  FAILED  ] two
[ RUN      ] three
skip: no TAP here
[  SKIPPED ] three
[==========] 3 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  FAILED  ] 1 test(s), listed below:
"""


def entry(result, stdout="", stderr=""):
    return {"result": result, "stdout": stdout, "stderr": stderr}


class CountTest(unittest.TestCase):
    def test_closing_line(self):
        self.assertEqual(counts_of("x\n3 passed, 1 failed\n4 passed, 0 failed, 2 skipped\n"), (4, 0, 2))
        self.assertIsNone(counts_of("all 3 passed, 1 failed\n"))
        self.assertEqual(str(Counts(4, 0, 2)), "4 passed, 0 failed, 2 skipped")
        self.assertEqual(str(Counts(4, 1)), "4 passed, 1 failed")

    def test_cmocka(self):
        self.assertEqual(count_test(entry("FAIL", CMOCKA)), (1, 1, 1))
        self.assertEqual(skip_reasons(entry("FAIL", CMOCKA)), ["no TAP here"])

    def test_own_closing_line(self):
        self.assertEqual(count_test(entry("OK", "ok a\n7 passed, 0 failed, 1 skipped\n")), (7, 0, 1))

    def test_a_part_left_out_is_counted_though_the_rest_passes(self):
        self.assertEqual(count_test(entry("OK", "ok a\nskip: x: no y\n7 passed, 0 failed\n")), (7, 0, 1))
        self.assertEqual(count_test(entry("OK", "ok a\nskip: x: no y\nx: 7 passed, 0 failed\n")), (1, 0, 1))

    def test_silent_programs(self):
        self.assertEqual(count_test(entry("OK")), (1, 0, 0))
        self.assertEqual(count_test(entry("FAIL")), (0, 1, 0))

    def test_crash_after_good_cases(self):
        self.assertEqual(count_test(entry("FAIL", "[       OK ] one\n[ RUN      ] two\n")), (1, 1, 0))
        self.assertEqual(count_test(entry("FAIL", CMOCKA[:CMOCKA.index("[ RUN      ] three")])), (1, 2, 0))
        self.assertEqual(count_test(entry("TIMEOUT", "[       OK ] one\n")), (1, 1, 0))
        self.assertEqual(count_test(entry("ERROR", "5 passed, 0 failed\n")), (5, 1, 0))

    def test_skipped_program(self):
        self.assertEqual(count_test(entry("SKIP", "needs root\n")), (0, 0, 1))
        self.assertEqual(skip_reasons(entry("SKIP", "", "needs root\n")), ["needs root"])
        self.assertEqual(skip_reasons(entry("SKIP")), ["no reason given"])

    def test_nothing_is_no_success(self):
        self.assertEqual(Counts().code, 1)
        self.assertEqual(Counts(1, 0, 0).code, 0)
        self.assertEqual(Counts(1, 1, 0).code, 1)

    def test_command_that_dies_is_a_failure(self):
        self.assertEqual(capture(["sh", "-c", "echo 2 passed, 0 failed; exit 3"]), (2, 1, 0))
        self.assertEqual(capture(["sh", "-c", "exit 1"]), (0, 1, 0))
        self.assertEqual(capture(["sh", "-c", "echo 2 passed, 1 failed; exit 1"]), (2, 1, 0))


def main():
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    failed = len({str(test) for test, _ in result.failures + result.errors})
    sys.stdout.flush()
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
