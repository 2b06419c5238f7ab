#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Feeds tools/tidy what each of its checks forbids, and sees each one fire; and what it allows, in silence."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from checks import coverage, drops, objects, text, tree  # noqa: E402
from checks import map as parts  # noqa: E402

SPDX = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
WORK = "/wo" + "rk/"  # in two halves, or the check would find this file
LATER = "TO" + "DO"


class TidyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def write(self, file, words):
        path = os.path.join(self.root, file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(words)

    def tree(self, **files):
        """Keys name files with __ for / and the last _ for the dot: src__core__a_c."""
        for key, words in files.items():
            self.write(".".join(key.replace("__", "/").rsplit("_", 1)), words)
        return tree.Tree(self.root)

    def fires(self, check, words, **files):
        found = [str(f) for f in check(self.tree(**files))]
        self.assertTrue(any(words in f for f in found), f"{words!r} not in {found}")

    def silent(self, check, **files):
        self.assertEqual([str(f) for f in check(self.tree(**files))], [])


class TextTest(TidyTest):
    def test_include_above(self):
        self.fires(text.check_include_direction, "src/l2_link/a.c:1: l2_link may not include \"l3_network/ip.h\"",
                   src__l2_link__a_c='#include "l3_network/ip.h"\n')

    def test_include_two_below(self):
        self.fires(text.check_include_direction, "may not include", src__l4_transport__a_c='#include "l2_link/x.h"\n')

    def test_include_without_folder(self):
        self.fires(text.check_include_direction, "must be named from", src__core__a_c='#include "mem.h"\n')

    def test_include_of_own_folder(self):
        self.silent(text.check_include_direction,
                    bench__a_c='#include "b.h"\n#include "seven/buf.h"\n#include "lwip/tcp.h"\n',
                    bench__b_h="\n",
                    src__l2_link__arp_wire_h='#include "l2_link/ethernet.h"\n')
        self.fires(text.check_include_direction, "must be named from", bench__c_c='#include "tcp.h"\n')
        self.fires(text.check_include_direction, "may not include", bench__d_c='#include "l4_transport/tcp.h"\n')

    def test_include_public_of_private(self):
        self.fires(text.check_include_direction, "may not include", include__seven__a_h='#include "core/mem.h"\n')

    def test_include_port_of_stack(self):
        self.fires(text.check_include_direction, "may not include", port__a_c='#include "stack/stack.h"\n')

    def test_wire_parser_leans_on_nothing(self):
        self.fires(text.check_include_direction, "vocabulary",
                   src__l4_transport__tcp_wire_h='#include "l3_network/ip.h"\n')

    def test_include_allowed(self):
        self.silent(text.check_include_direction, src__l3_network__a_c='#include "core/mem.h"\n#include "seven/buf.h"\n'
                    '#include "l2_link/arp.h"\n#include "l3_network/ip.h"\n#include "l4_transport/tcp_wire.h"\n'
                    '/* #include "stack/stack.h" */\n', cli__a_c='#include "sim/sim.h"\n')

    def test_system_header_in_core(self):
        self.fires(text.check_system_includes, "<string.h>", src__core__a_c="#include <string.h>\n")

    def test_system_header_in_public(self):
        self.fires(text.check_system_includes, "<sys/types.h>", include__seven__a_h="#include <sys/types.h>\n")

    def test_operating_system_in_layer_7(self):
        self.fires(text.check_system_includes, "<time.h>", src__l7_application__a_c="#include <time.h>\n")

    def test_system_headers_allowed(self):
        self.silent(text.check_system_includes, src__core__a_c="#include <stdint.h>\n#include <stddef.h>\n",
                    src__core__sum_avx2_c="#include <immintrin.h>\n", port__a_c="#include <sys/socket.h>\n",
                    src__l6_presentation__a_c="#include <string.h>\n#include <openssl/ssl.h>\n")

    def test_long_file(self):
        self.fires(text.check_lengths, "a.c:601: 601 lines", src__a_c="int a;\n" * 601)
        self.silent(text.check_lengths, src__a_c="int a;\n" * 600)

    def test_long_line(self):
        self.fires(text.check_lengths, "121 columns", a_py="#" * 121 + "\n")

    def test_long_c_function(self):
        head = 'static int f(void (*g)(int), const char *s)\n{ /* } */ char c = \'}\'; g("}");\n#define X {\n'
        self.fires(text.check_lengths, "a.c:1: f has 60 lines", src__a_c=head + ";\n" * 56 + "}\n")
        self.silent(text.check_lengths, src__a_c=head + ";\n" * 55 + "}\n")

    def test_long_table_is_no_function(self):
        self.silent(text.check_lengths, src__a_c="static const int t[] = {\n" + "1,\n" * 100 + "};\n"
                    "struct s {\n" + "int x;\n" * 100 + "};\n")

    def test_function_after_macro_and_attribute(self):
        self.fires(text.check_lengths, "has 70 lines", src__a_h="SV_API __attribute__((cold)) int f(int a)\n{\n" +
                   ";\n" * 67 + "}\n")

    def test_unbalanced_braces(self):
        self.fires(text.check_lengths, "cannot be seen", src__a_c="int f(void)\n{\n#if A\nif (a) {\n#else\nif (b) {\n"
                   "#endif\n}\n}\n")

    def test_long_python_shell_and_js_functions(self):
        self.fires(text.check_lengths, "f has 60 lines", a_py="def f():\n" + "    x = 1\n" * 59)
        self.fires(text.check_lengths, "g has 61 lines", a_sh="g() {\n" + ":\n" * 59 + "}\n")
        self.fires(text.check_lengths, "h has 61 lines", a_js="function h(a, {b}) {\n" + ";\n" * 59 + "}\n")
        self.fires(text.check_lengths, "k has 61 lines", b_js="const k = async (a) => {\n" + "'}';\n" * 59 + "};\n")
        self.fires(text.check_lengths, "m has 61 lines", c_js="class A {\n m(a) {\n" + "`}`;\n" * 59 + "}\n}\n")

    def test_js_without_long_functions(self):
        self.silent(text.check_lengths, a_js="const t = {\n" + "a: /[}]{/.test('x'),\n" * 90 + "};\nif (t) {\n" +
                    ";\n" * 90 + "}\n")

    def test_script_without_a_name_ending(self):
        self.write("tools/thing", "#!/usr/bin/env python3\ndef f():\n" + "    x = 1\n" * 59)
        self.fires(text.check_lengths, "tools/thing:2: f has 60 lines")

    def test_whitespace(self):
        self.fires(text.check_whitespace, "a tab", src__a_c="\tint a;\n")
        self.fires(text.check_whitespace, "end of the line", src__b_c="int a; \n")
        self.fires(text.check_whitespace, "exactly one newline", src__c_c="int a;\n\n")

    def test_licence(self):
        self.fires(text.check_licence, "a.c:1: no 'SPDX", src__a_c="int a;\n")
        self.fires(text.check_licence, "meson.build:1: no 'SPDX", src__meson_build="core_sources += []\n")
        self.silent(text.check_licence, src__a_c=SPDX, src__meson_build="# SPDX-License-Identifier: BSD-2-Clause\n")

    def test_wire_structs(self):
        for words, bad in (("packed", "struct a { int x; } __attribute__((packed));\n"),
                           ("ntohs", "int f(int x)\n{\n    return ntohs(x);\n}\n"),
                           ("#pragma pack", "#pragma pack(1)\n"),
                           ("bytes (p)", "int f(const uint8_t *p)\n{\n    return ((const struct h *)p)->x;\n}\n"),
                           ("bytes (sv_buf_head)",
                            "int f(struct b *b)\n{\n    return ((struct h *)sv_buf_head(b))->x;\n}\n")):
            self.fires(text.check_wire_structs, words, src__l2_link__a_c=bad)

    def test_wire_structs_allowed(self):
        self.silent(text.check_wire_structs, port__a_c="int f(int x)\n{\n    return ntohs(x);\n}\n",
                    src__core__a_c="/* ntohs(x) */\nstruct a *f(void *p)\n{\n    return (struct a *)p;\n}\n")

    def test_conditions(self):
        self.fires(text.check_conditions, "#ifdef in protocol", src__l4_transport__a_c="#ifdef X\n#endif\n")
        self.fires(text.check_conditions, "#if in protocol",
                   src__stack__a_h="#ifndef A\n#define A\n#if B\n#endif\n#endif\n")

    def test_conditions_allowed(self):
        self.silent(text.check_conditions, src__l4_transport__a_h="#ifndef A\n#define A\n#endif\n",
                    port__a_c="#if A\n#endif\n")

    def test_core_words(self):
        for words, bad in (("floating", "double x;\n"), ("long", "unsigned long x;\n"), ("__int128", "__int128 x;\n"),
                           ("bare memory", "void f(void)\n{\n    memcpy(a, b, 3);\n}\n"),
                           ("assembler", "asm(\"\");\n")):
            self.fires(text.check_core_words, words, src__core__a_c=bad)
        self.silent(text.check_core_words,
                    src__core__a_c="/* double */ int longest; void g(void)\n{\n    sv_memcpy(a, b, 3);\n}\n",
                    cli__a_c="double x;\n")

    def test_left_words_and_paths(self):
        self.fires(text.check_left_words, LATER, src__a_c=f"/* {LATER}: later */\n")
        self.fires(text.check_machine_paths, WORK, docs__a_md=f"see {WORK}shared\n")
        self.silent(text.check_machine_paths, docs__a_md="see src/net" + WORK + "x\n")

    def test_in_build(self):
        self.fires(text.check_in_build, "no meson.build names 'a.c'", src__core__a_c="int a;\n")
        self.silent(text.check_in_build, src__core__a_c="int a;\n",
                    src__core__meson_build="core_sources += files('a.c')\n")


class DropsTest(TidyTest):
    LIST = '#define SV_DROP_LIST(X) \\\n    X(NONE, 0, "not dropped") \\\n    X(LATE, %d, "came " \\\n "late")\n\n'

    def test_page_is_current(self):
        words = self.LIST % 1
        self.silent(drops.check_drops, include__seven__drop_h=words, docs__DROPS_md=drops.page(words))
        self.assertIn("| 1 | `LATE` | came late |", drops.page(words))

    def test_page_is_stale(self):
        self.fires(drops.check_drops, "run tools/drops", include__seven__drop_h=self.LIST % 1, docs__DROPS_md="old\n")

    def test_number_twice(self):
        self.fires(drops.check_drops, "0 was used", include__seven__drop_h=self.LIST % 0)

    def test_no_list(self):
        self.fires(drops.check_drops, "no SV_DROP_LIST", include__seven__drop_h="int a;\n")


class MapTest(TidyTest):
    HEADER = SPDX + "#ifndef A_H\n#define A_H\n\n#include <stdint.h>\n\n/* What it is. And more. */\n#endif\n"

    def test_page_is_current(self):
        files = {"src__core__a_h": self.HEADER, "src__core__a_c": SPDX + "int a;\n"}
        page = parts.page(self.tree(**files))
        self.assertIn("| [`a.c`](../src/core/a.c), [`.h`](../src/core/a.h) | What it is |\n", page)
        self.silent(parts.check_map, docs__MAP_md=page, **files)

    def test_page_is_stale(self):
        self.fires(parts.check_map, "run tools/map", docs__MAP_md="old\n", src__core__a_h=self.HEADER)

    def test_part_without_a_word(self):
        for words in (SPDX + "int a;\n/* Later. */\n", SPDX + "/* --- one --- */\n", SPDX + "/* See b.h. */\n"):
            self.fires(parts.check_map, "src/core/a.c:2: no comment", src__core__a_c=words)

    def test_first_paragraph_alone(self):
        words = SPDX + "/* One line\n * and another:\n *\n * a table */\n"
        self.assertEqual(parts.sentence(words), "One line and another")


class CoverageTest(TidyTest):
    FILES = {"src__core__a_c": "int sv_a(int x)\n{\n    return x;\n}\n", "tests__drill__one__two_pkt": "// a script\n"}

    def told(self, words):
        rows, wrong = coverage.read(words)
        self.assertEqual(wrong, [])
        return coverage.page(rows, coverage.Places(self.tree(**self.FILES)))

    def test_page_is_current(self):
        words = ("= A standard\nA-1 | MUST | be | sv_a | d:one/two\nA-2 | MAY | do | = A-1\n"
                 "A-3 | MAY | go | - | - | not taken\n")
        page = self.told(words)
        self.assertIn("| A-1 | MUST | be | [`sv_a`](../src/core/a.c) | drill one/two |", page)
        self.assertIn("| A standard | 3 | 2 | 0 | 0 | 1 | 0 | 0 |", page)
        self.silent(coverage.check_coverage, docs__rfc_coverage_txt=words, docs__RFC_COVERAGE_md=page, **self.FILES)

    def test_what_it_names_is_gone(self):
        row = "A-1 | MUST | be | {} | {}\n"
        for words, said in (((row.format("sv_b", "d:one/two")), "no function sv_b"),
                            ((row.format("sv_a", "d:one/three")), "no test d:one/three"),
                            ((row.format("-", "-")), "met by no function"), ("A-1 | MUST\n", "no demand")):
            self.fires(coverage.check_coverage, said, docs__rfc_coverage_txt=words, **self.FILES)
        self.fires(coverage.check_coverage, "run tools/coverage", docs__rfc_coverage_txt="", docs__RFC_COVERAGE_md="x")


class ObjectsTest(TidyTest):
    GOOD = SPDX + "int sv_a(int x);\nint sv_a(int x)\n{\n    return x + 1;\n}\n"

    def compiled(self, **files):
        return objects.Compiled(self.tree(**files))

    def fires(self, check, words, **files):
        found = [str(f) for f in check(self.compiled(**files))]
        self.assertTrue(any(words in f for f in found), f"{words!r} not in {found}")

    def test_header_not_alone(self):
        self.fires(objects.check_headers_alone, "src/core/a.h:1: [clang]", src__core__a_h="uint32_t f(void);\n")
        self.fires(objects.check_headers_alone, "src/core/a.h:1: [gcc]", src__core__a_h="int f();\n")

    def test_good_core(self):
        floor = objects.MIN_DEFINITIONS
        self.addCleanup(setattr, objects, "MIN_DEFINITIONS", floor)
        objects.MIN_DEFINITIONS = 1
        built = self.compiled(src__core__a_c=self.GOOD, src__core__a_h=SPDX + "#include <stdint.h>\n")
        for check in objects.CHECKS:
            self.assertEqual([str(f) for f in check(built)], [], check.__name__)

    def test_core_too_small(self):
        self.assertGreater(objects.MIN_DEFINITIONS, 100)
        self.fires(objects.check_core_needs, "only 1 definitions", src__core__a_c=self.GOOD)

    def test_empty_core(self):
        built = self.compiled(docs__a_md="\n")
        for check in (objects.check_core_compiles, objects.check_core_needs, objects.check_core_links_wasm,
                      objects.check_headers_alone):
            self.assertTrue(list(check(built)), check.__name__)

    def test_warning_in_core(self):
        self.fires(objects.check_core_compiles, "src/l3_network/a.c:2: [gcc-O2]",
                   src__l3_network__a_c="int f(int x);\nint f(int x) { char c = x; return c; }\n")

    def test_cast_that_raises_alignment(self):
        self.fires(objects.check_core_compiles, "cast",
                   src__core__a_c="struct h { int x; };\nint f(const unsigned char *p);\n"
                   "int f(const unsigned char *p)\n{\n    return ((const struct h *)p)->x;\n}\n")

    def test_record_size_of_another_target(self):
        self.fires(objects.check_core_compiles, "[wasm32]",
                   src__core__a_c="struct r { void *p; };\n_Static_assert(sizeof(struct r) == 8, \"record\");\n")

    def test_core_needs_a_library(self):
        bad = "int puts(const char *s);\nint sv_f(void);\nint sv_f(void)\n{\n    return puts(\"a\");\n}\n"
        self.fires(objects.check_core_needs, "src/core/a.c:1: needs puts [clang-O0, clang-O2, gcc-O0, gcc-O2]",
                   src__core__a_c=bad)
        self.fires(objects.check_core_links_wasm, "puts", src__core__a_c=bad)

    def test_platforms_are_whole_files(self):
        words = "int sv_wide(void);\nint sv_wide(void)\n{\n    return %d;\n}\n"
        built = self.compiled(src__core__sum_generic_c=words % 1, src__core__sum_x86_c=words % 2)
        self.assertEqual([str(f) for f in objects.check_core_links_wasm(built)], [])
        self.assertEqual(len(built.objects("wasm32")), 1)
        self.assertEqual(len(built.objects("gcc-O0")), 1)

    def test_static_of_another_file_is_no_definition(self):
        self.fires(objects.check_core_needs, "needs g", src__core__b_c="static int g(void)\n{\n    return 1;\n}\n"
                   "int h(void);\nint h(void)\n{\n    return g();\n}\n",
                   src__core__a_c="int g(void);\nint f(void);\nint f(void)\n{\n    return g();\n}\n")

    def test_global_state(self):
        self.fires(objects.check_core_state, "counter", src__core__a_c="int f(void);\nint f(void)\n{\n"
                   "    static int counter;\n    return ++counter;\n}\n")
        self.fires(objects.check_core_state, "sv_table",
                   src__core__b_c="extern int sv_table[2];\nint sv_table[2] = {1, 2};\n")

    def test_constants_are_no_state(self):
        built = self.compiled(src__core__a_c="const char *sv_n(int i);\nconst char *sv_n(int i)\n{\n"
                              "    static const char *const name[] = {\"a\", \"b\"};\n    return name[i];\n}\n")
        self.assertEqual(list(objects.check_core_state(built)), [])


def main():
    tests = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    failed = len({str(test) for test, _ in result.failures + result.errors})
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
