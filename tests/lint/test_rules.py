"""Each rule finds what it forbids, and nothing else. Run with `python3 -m unittest`."""

import unittest

import rules

GUARD = "#ifndef AMSYNC_STORE_INBOX_H\n#define AMSYNC_STORE_INBOX_H\n"


class RulesTest(unittest.TestCase):
    def assert_found(self, path, text, *expected):
        self.assertEqual([f"{path}:{what}" for what in expected], list(rules.findings(path, text)))

    def test_a_folder_includes_what_stands_below_it_and_itself(self):
        self.assert_found("src/sync/plan.c", '#include "sync/plan.h"\n#include "magento/orders.h"\n'
                          '#include "store/work.h"\n#include "base/error.h"\n')

    def test_a_folder_does_not_include_a_higher_one(self):
        self.assert_found("src/store/work.c", '\n#include "sync/plan.h"\n',
                          "2: store may not include sync/plan.h")

    def test_a_folder_does_not_include_one_of_its_own_level(self):
        self.assert_found("include/store/inbox.h", GUARD + '#include "magento/orders.h"\n#endif\n',
                          "3: store may not include magento/orders.h")

    def test_an_include_names_its_folder(self):
        self.assert_found("src/store/work.c", '#include "work.h"\n',
                          '1: "work.h" is included without its folder')

    def test_an_include_of_the_project_is_not_hidden_in_angle_brackets(self):
        self.assert_found("src/store/work.c", "#include <sys/stat.h>\n#include <sync/plan.h>\n",
                          '2: <sync/plan.h> is the project\'s: write "sync/plan.h"')
        self.assert_found("src/store/work.c", '#include"sync/plan.h"\n',
                          "1: store may not include sync/plan.h")

    def test_a_new_folder_needs_a_level(self):
        self.assert_found("src/new/x.c", "", "1: the folder new has no level in tests/lint/rules.py")

    def test_a_banned_function_is_found(self):
        self.assert_found("src/base/x.c", "int f(void)\n{\n    return atoi(\"1\");\n}\n",
                          "3: atoi is banned: reads numbers without telling bad ones from good")

    def test_a_banned_function_is_allowed_in_its_place_only(self):
        self.assert_found("tests/sim/x.c", "strtod(text, &end);")
        self.assert_found("tests/unit/base/x.c", "strtod(text, &end);",
                          "1: strtod is banned: needs errno, the end pointer and the range checked;"
                          " use the project's own")

    def test_a_banned_name_is_no_call_in_a_comment_a_literal_or_another_name(self):
        self.assert_found("src/base/x.c", '/* strcpy(a, b) */ char *a = "system(1)"; my_signal(1);'
                          " x->signal(1); int random;\n")

    def test_a_line_comment_is_found(self):
        self.assert_found("src/base/x.c", "int a; // b\n",
                          "1: a // comment; the project writes /* */")

    def test_slashes_in_literals_and_comments_are_no_line_comment(self):
        self.assert_found("src/base/x.c", 'char *a = "http://x"; /* http://x */ char b = \'"\';\n')

    def test_a_thing_left_to_do_is_found(self):
        self.assert_found("src/base/x.c", "/* TO" + "DO: more */\n", "1: TODO: do it, or file it")

    def test_a_header_has_its_guard(self):
        self.assert_found("include/store/inbox.h", "/* what */\n" + GUARD + "#endif\n")
        self.assert_found("include/store/inbox.h", "#pragma once\n",
                          "1: the header does not begin with its guard AMSYNC_STORE_INBOX_H")


if __name__ == "__main__":
    unittest.main()
