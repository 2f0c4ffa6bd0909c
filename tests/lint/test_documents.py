"""What the documents name and there is not is found, and nothing else. Run with `python3 -m unittest`."""

import pathlib
import tempfile
import unittest

import documents

HELPS = {
    "check": "Usage: amsync check [--json]\n\n  --json  as one JSON object\n  --help  this text\n",
    "log": "Usage: amsync log [OPTION]...\n\n  --status S    only this status\n  --help  this\n",
    "map": "Usage: amsync map shipping set SHIP_VIA METHOD [--title T]\n"
           "       amsync map shipping|payment unset FROM\n\n  --title T  shown\n  --help  this\n",
    "prefs": "Usage: amsync prefs get [--json]\n       amsync prefs set KEY=VALUE... [--yes]\n\n"
             "  --company C  one tenant\n  publishing   on or off\n  condition.match   any\n  --yes  do not ask\n",
}


class CommandTest(unittest.TestCase):
    def assert_fine(self, *commands):
        for command in commands:
            self.assertIsNone(documents.trouble_with(command, HELPS), command)

    def assert_found(self, command, expected):
        self.assertEqual(expected, documents.trouble_with(command, HELPS))

    def test_what_there_is(self):
        self.assert_fine("amsync check", "amsync check --json", "amsync log --status waiting",
                         "amsync map shipping set 'A B' METHOD --title \"A B\"  # a comment",
                         "amsync map payment unset CHECK", "amsync prefs set publishing=on --yes",
                         "amsync prefs set --company MyStore-EU condition.match=any",
                         "amsync map --help",
                         "amsync map shipping set ...", "amsync COMMAND --help", "amsync --version")

    def test_an_unknown_command(self):
        self.assert_found("amsync chekc", "there is no command chekc")

    def test_an_unknown_option(self):
        self.assert_found("amsync log --state waiting", "log: there is no option --state")
        self.assert_found("amsync check --json=1", "check: there is no option --json=1")
        self.assert_found("amsync log --status", "log: --status needs a value")

    def test_an_unknown_usage(self):
        self.assert_found("amsync map warehouse unset MAIN", "map: no usage is like that")
        self.assert_found("amsync map payment set CHECK checkmo", "map: no usage is like that")
        self.assert_found("amsync prefs", "prefs: no usage is like that")

    def test_an_unknown_preference(self):
        self.assert_found("amsync prefs set publish=on", "prefs: there is no preference publish")
        self.assert_found("amsync prefs set any=on", "prefs: there is no preference any")
        self.assert_found("amsync prefs set match=any", "prefs: there is no preference match")


class DocumentTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def findings(self, text, metrics=None, name="README.md"):
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        sources = documents.Sources([self.root / "src"])
        return documents.findings(path, self.root, HELPS, {"AMSYNC_LISTEN"}, metrics, sources)

    def test_commands_are_found_inline_and_in_blocks(self):
        text = ("`amsync one`\n\n```sh\namsync two   # why\n  amsync three \\\n    --x\n```\n"
                "```\n$ amsync four\namsync serve: output\n```\n`the amsync database`\n")
        self.assertEqual([(4, "amsync two   # why"), (5, "amsync three      --x"), (9, "amsync four"),
                          (1, "amsync one")], list(documents.commands_in(text)))

    def test_each_is_told_with_its_line(self):
        self.assertEqual(["README.md:2: there is no command two",
                          "README.md:3: there is no setting AMSYNC_LISTENN",
                          "README.md:4: there is no docs/none.md"],
                         self.findings("`amsync check`, `AMSYNC_LISTEN`\n`amsync two`\n"
                                       "`AMSYNC_LISTENN`\n[none](docs/none.md)\n"))

    def test_names_of_the_sources(self):
        (self.root / "src" / "sync").mkdir(parents=True)
        (self.root / "src" / "sync" / "plan.c").write_text(
            'plan_make(); log_info("sync.store", "x"); /* amsync.sales_order */', "utf-8")
        text = ("`sync/plan.c`, `plan.c`, `sync.store`, `plan_make`, `amsync.sales_order`\n"
                "`sync/worker.c`\n`sync.stored`\n`plan_made`\n`amsync.sales_orders`\n")
        everywhere = ["2: there is no source file sync/worker.c",
                      "3: no line of the process log is called sync.stored"]
        self.assertEqual([f"README.md:{one}" for one in everywhere], self.findings(text))
        self.assertEqual([f"architecture.md:{one}" for one in (
            *everywhere, "4: nothing in the sources is called plan_made",
            "5: nothing in the sources is called sales_orders")],
                         self.findings(text, name="architecture.md"))

    def test_links(self):
        (self.root / "other.md").write_text("# One & two: `three`\n```\n# four\n```\n", "utf-8")
        self.assertEqual([], self.findings("[a](other.md) [b](other.md#one--two-three) [c](#five)\n"
                                           "[d](https://a.example/b)\n# Five\n"))
        self.assertEqual(["README.md:1: other.md has no heading #four"],
                         self.findings("[a](other.md#four)\n"))
        self.assertEqual(["README.md:1: there is no ../outside.md"],
                         self.findings("[a](../outside.md)\n"))

    def test_metrics_are_compared_once_there_is_a_list(self):
        self.assertEqual([], self.findings("`amsync_orders`\n"))
        self.assertEqual(["README.md:1: docs/metrics.md has no amsync_orders"],
                         self.findings("`amsync_orders`, `amsync_due`\n", {"amsync_due"}))

    def test_settings_are_those_of_the_table(self):
        self.assertEqual({"AMSYNC_A", "AMSYNC_B", "AMSYNC_B_FILE"}, documents.settings_of(
            "| `AMSYNC_A` | 1 | see `AMSYNC_C` |\n| `AMSYNC_B` (secret) | required | |\n"))


if __name__ == "__main__":
    unittest.main()
