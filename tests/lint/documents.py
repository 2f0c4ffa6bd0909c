"""Compares what README.md and docs/*.md name with what there is: commands and their options,
preferences, settings, metrics, events of the process log, source files, functions and tables, files and
headings that are linked.

Usage: documents.py AMSYNC PROJECT_FOLDER
"""

import pathlib
import re
import shlex
import subprocess
import sys

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SETTING = re.compile(r"\bAMSYNC_[A-Z0-9_]*[A-Z0-9]\b")
METRIC = re.compile(r"\bamsync_[a-z0-9_]*[a-z0-9]\b")
OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)( [A-Z]+| [a-z]+\|[a-z|]+)?")
# In the sources: a file, an event of the process log, and a name of several words.
SOURCE = re.compile(r"(?:[a-z]+/)?[a-z_]+\.[ch]")
EVENT = re.compile(r"(?:serve|housekeeping|ingest|intake|sync|magento)\.[a-z_]+")
NAME = re.compile(r"(?:amsync\.)?([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?:\(\))?")
ELLIPSIS = "..."


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without(text, pattern):
    """The text with what the pattern finds made blank, each line where it was."""
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def commands_in(text):
    """(line, command) of each that a reader may type: inline, and in blocks. In a block of sh every line
    that begins with amsync is one, in others, which show output as well, what follows a prompt."""
    for fence in FENCE.finditer(text):
        prompt = "" if fence[2] == "sh" else r"\$ "
        for found in re.finditer(rf"^ *{prompt}(amsync (?:.*\\\n)*.*)$", fence[3], re.MULTILINE):
            yield line_of(text, fence.start(3) + found.start()), found[1].replace("\\\n", " ")
    for span in SPAN.finditer(without(text, FENCE)):
        if re.match(r"amsync\s", span[1]):
            yield line_of(text, span.start()), span[1].replace("\n", " ")


def literals(usage):
    """The words that a usage line begins with as they stand: [{"shipping", "payment"}, {"set"}]."""
    found = []
    for word in usage.split()[2:]:
        if not re.fullmatch(r"[a-z|]+", word):
            break
        found.append(set(word.split("|")))
    return found


def matches(words, usage):
    """Whether the words, as far as they are given, are those of the usage line."""
    expected = literals(usage)
    given = words[:words.index(ELLIPSIS)] if ELLIPSIS in words else words
    if ELLIPSIS not in words and len(given) < len(expected):
        return False
    return all(word in choice for word, choice in zip(given, expected))


def sort_words(words, text):
    """The words of a command that are no options, and what is wrong with those that are, or None;
    `text` is the command's --help."""
    mentions = OPTION.findall(text)
    known = {option for option, _ in mentions}
    with_value = {option for option, value in mentions if value}
    plain = []
    left = iter(words)
    for word in left:
        option, equals, _ = word.partition("=")
        if not word.startswith("-") or word == "-":
            plain.append(word)
        elif option not in known or (equals and option not in with_value):
            return plain, f"there is no option {word}"
        elif option in with_value and not equals and next(left, None) is None:
            return plain, f"{option} needs a value"
    return plain, None


def preferences_in(text):
    """Those that the --help of prefs has a line for."""
    lines = re.findall(r"^  ([a-z][a-z_., ]*?)  ", text, re.MULTILINE)
    return {key for line in lines for key in line.split(", ")}


def trouble_with(command, helps):
    """What is wrong with a command line, or None. `helps` has the text of each command's --help."""
    name, *words = shlex.split(command, comments=True)[1:] or ["--help"]
    if name in ("--help", "--version", "COMMAND", ELLIPSIS):
        return None
    if name not in helps:
        return f"there is no command {name}"
    plain, trouble = sort_words(words, helps[name])
    if trouble is not None:
        return f"{name}: {trouble}"
    usages = re.findall(r"^(?:Usage:|      ) (amsync .*)$", helps[name], re.MULTILINE)
    if "--help" not in words and not any(matches(plain, usage) for usage in usages):
        return f"{name}: no usage is like that"
    for key in [word.split("=")[0] for word in plain[1:]] if name == "prefs" else []:
        if key not in (ELLIPSIS, "KEY") and key not in preferences_in(helps[name]):
            return f"{name}: there is no preference {key}"
    return None


def slug(heading):
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(text):
    return {slug(heading) for heading in
            re.findall(r"^#+ +(.*)$", without(text, FENCE), re.MULTILINE)}


def trouble_with_link(target, path, root):
    """`target` as it stands in the document at `path`."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, anchor = target.partition("#")
    linked = (path.parent / name).resolve() if name else path
    if not linked.is_relative_to(root.resolve()) or not linked.exists():
        return f"there is no {target}"
    if anchor and anchor not in anchors(linked.read_text(encoding="utf-8")):
        return f"{name or path.name} has no heading #{anchor}"
    return None


class Sources:
    """What stands in the sources: the names of their files, and all that they say."""

    def __init__(self, folders):
        paths = [path for folder in folders for path in folder.rglob("*.*")]
        self._files = {end for path in paths for end in (path.name, f"{path.parent.name}/{path.name}")}
        text = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.suffix != ".pyc")
        self._words = set(re.findall(r"\w+", text))
        self._events = set(re.findall(r'"([a-z]+\.[a-z_]+)"', text))

    def trouble_with(self, span, names):
        """Why there is nothing of that name, or None, also where it is none of the sources'. `names`:
        what looks like a function's or a table's name is one."""
        if SOURCE.fullmatch(span) and span not in self._files:
            return f"there is no source file {span}"
        if EVENT.fullmatch(span) and not SOURCE.fullmatch(span) and span not in self._events:
            return f"no line of the process log is called {span}"
        name = NAME.fullmatch(span) if names else None
        if name is not None and name[1] not in self._words:
            return f"nothing in the sources is called {name[1]}"
        return None


def findings(path, root, helps, settings, metrics, sources):
    """What a document names that there is not; `metrics` is None while there is no list of them."""
    text = path.read_text(encoding="utf-8")
    prose = without(without(text, FENCE), SPAN)
    found = [(line, trouble_with(command, helps)) for line, command in commands_in(text)]
    found += [(line_of(text, link.start()), trouble_with_link(link[1], path, root))
              for link in LINK.finditer(prose)]
    found += [(line_of(text, span.start()),
               sources.trouble_with(span[1], path.name == "architecture.md"))
              for span in SPAN.finditer(without(text, FENCE))]
    found += [(line_of(text, name.start()), f"there is no setting {name[0]}")
              for name in SETTING.finditer(text) if name[0] not in settings]
    found += [(line_of(text, name.start()), f"docs/metrics.md has no {name[0]}")
              for name in METRIC.finditer(text) if metrics is not None and name[0] not in metrics]
    return [f"{path.relative_to(root)}:{line}: {trouble}"
            for line, trouble in sorted(found, key=lambda one: one[0]) if trouble is not None]


def output_of(*command):
    return subprocess.run(command, check=True, text=True, timeout=60, stdout=subprocess.PIPE).stdout


def settings_of(table):
    """The names in the table of `config --markdown`; a secret may be in a file."""
    rows = re.findall(r"^\| `(AMSYNC_\w+)`( \(secret\))? \|", table, re.MULTILINE)
    return {name for name, _ in rows} | {name + "_FILE" for name, secret in rows if secret}


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    program, root = arguments[0], pathlib.Path(arguments[1])
    names = re.findall(r"^  ([a-z]+) ", output_of(program, "--help"), re.MULTILINE)
    helps = {name: output_of(program, name, "--help") for name in names}
    settings = settings_of(output_of(program, "config", "--markdown"))
    list_of_metrics = root / "docs" / "metrics.md"
    metrics = (set(METRIC.findall(list_of_metrics.read_text(encoding="utf-8")))
               if list_of_metrics.exists() else None)
    sources = Sources([root / "include", root / "src", root / "migrations"])
    documents = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    found = [finding for document in documents
             for finding in findings(document, root, helps, settings, metrics, sources)]
    if not names or not settings or found:
        sys.exit("\n".join(found) or "amsync --help and amsync config --markdown name nothing")


if __name__ == "__main__":
    main(sys.argv[1:])
