"""Compares the table of settings in README.md with what `amsync config --markdown` prints.

Usage: settings_table.py [--write] AMSYNC README
"""

import pathlib
import subprocess
import sys

BEGIN = "<!-- settings -->\n"
END = "<!-- /settings -->\n"


def with_table(readme, table):
    """The text with `table` between its two marks; each must be there once."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1:
        sys.exit(f"README.md needs the lines {BEGIN.strip()} and {END.strip()}, once each")
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table + END + after


def main(arguments):
    write = arguments[:1] == ["--write"]
    if len(arguments) != 2 + write:
        sys.exit(__doc__)
    program, path = arguments[-2], pathlib.Path(arguments[-1])
    table = subprocess.run([program, "config", "--markdown"], check=True, text=True, timeout=60,
                           stdout=subprocess.PIPE).stdout
    readme = path.read_text(encoding="utf-8")
    wanted = with_table(readme, table)
    if readme == wanted:
        return
    if not write:
        sys.exit(f"the settings in README.md are not those of the program; run "
                 f"tests/lint/settings_table.py --write {program} README.md")
    path.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
