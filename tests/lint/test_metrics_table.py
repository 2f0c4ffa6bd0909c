"""The strict reader of metrics accepts what the format allows and nothing else, and the comparison
with a document finds differences both ways. Run with `python3 -m unittest`."""

import unittest

import metrics_table
from support.metrics import Malformed, Page

COUNTER = '# HELP amsync_a_total A.\n# TYPE amsync_a_total counter\namsync_a_total{x="1"} 2.5\n'
HISTOGRAM = """# HELP amsync_b_seconds B.
# TYPE amsync_b_seconds histogram
amsync_b_seconds_bucket{le="0.5"} 1
amsync_b_seconds_bucket{le="+Inf"} 3
amsync_b_seconds_sum 4.25
amsync_b_seconds_count 3
"""


class ReaderTest(unittest.TestCase):
    def assert_malformed(self, text, why):
        with self.assertRaisesRegex(Malformed, why):
            Page(text)

    def test_values_are_found_by_their_labels(self):
        page = Page(COUNTER + HISTOGRAM)
        self.assertEqual(page.value("amsync_a_total", x="1"), 2.5)
        self.assertEqual(page.value("amsync_b_seconds", "_bucket", le="+Inf"), 3)
        self.assertEqual(page.value("amsync_b_seconds", "_sum"), 4.25)

    def test_labels_are_unescaped(self):
        page = Page(COUNTER.replace('"1"', r'"a\"b\\n\n"'))
        self.assertEqual(page.value("amsync_a_total", x='a"b\\n\n'), 2.5)

    def test_lines(self):
        self.assert_malformed(COUNTER[:-1], "no line end")
        self.assert_malformed(COUNTER + "\n", "not a sample")
        self.assert_malformed(COUNTER + COUNTER, "announced twice")
        self.assert_malformed(COUNTER + "amsync_c 1\n", "not of amsync_a_total")
        self.assert_malformed("amsync_a_total 1\n" + COUNTER, "not a HELP line")
        self.assert_malformed(COUNTER.replace("2.5", "nan"), "not a sample")
        self.assert_malformed(COUNTER.replace('x="1"', 'x="1",'), "a comma at the end")
        self.assert_malformed(COUNTER.replace('x="1"', ""), "empty braces")
        self.assert_malformed(COUNTER.replace('x="1"', 'x="1",x="2"'), "a label stands twice")
        self.assert_malformed(COUNTER + 'amsync_a_total{x="1"} 3\n', "stands twice")
        self.assert_malformed(COUNTER + 'amsync_a_total{y="1"} 3\n', "different labels")
        self.assert_malformed("\n".join(COUNTER.split("\n")[:2]) + "\n", "no sample")

    def test_names(self):
        self.assert_malformed(COUNTER.replace("counter", "gauge"), "only counters")
        self.assert_malformed(COUNTER.replace("_total", ""), "only counters")
        self.assert_malformed(COUNTER.replace("amsync_", "other_"), "without its prefix")
        self.assert_malformed(COUNTER.replace("_a_", "_a_ms_"), "not a base unit")

    def test_histograms(self):
        self.assert_malformed(HISTOGRAM.replace("count 3", "count 4"), "not the count")
        self.assert_malformed(HISTOGRAM.replace("} 1", "} 4"), "do not add up")
        self.assert_malformed(HISTOGRAM.replace("+Inf", "7"), r"no bucket \+Inf")
        self.assert_malformed(HISTOGRAM.replace('le="+Inf"', 'x="1"'), "le is for buckets")


class TableTest(unittest.TestCase):
    ROW = "| `amsync_a_total` | counter | `x` | A | |\n| `x` | `1` | |\n"

    def found(self, document, page):
        ours, theirs = metrics_table.documented(document), metrics_table.printed(page)
        return [line for one, other in zip(ours, theirs)
                for line in metrics_table.differences("", one, other)]

    def test_what_is_the_same(self):
        self.assertEqual(self.found(self.ROW, COUNTER), [])

    def test_what_is_not_documented(self):
        self.assertEqual(len(self.found(self.ROW, COUNTER + HISTOGRAM)), 1)

    def test_what_is_not_printed(self):
        more = "| `amsync_b_seconds` | histogram | | B | |\n"
        self.assertEqual(len(self.found(self.ROW + more, COUNTER)), 1)
        self.assertEqual(self.found(self.ROW + more, COUNTER + HISTOGRAM), [])

    def test_another_type_or_label_or_value(self):
        self.assertEqual(len(self.found(self.ROW.replace("counter", "gauge"), COUNTER)), 1)
        self.assertEqual(len(self.found(self.ROW.replace("`x`", "`y`"), COUNTER)), 3)
        self.assertEqual(len(self.found(self.ROW.replace("`1`", "`1`, `2`"), COUNTER)), 1)


if __name__ == "__main__":
    unittest.main()
