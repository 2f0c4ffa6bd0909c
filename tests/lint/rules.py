"""The project's own rules for its C sources, as functions from a file's text to its findings."""

import pathlib
import re

# A folder may include only what stands on a lower level; folders of one level are independent.
LEVELS = {
    "base": 0,
    "store": 1,
    "magento": 1,
    "intake": 2,
    "sync": 2,
    "http": 3,
    "cli": 3,
    "app": 4,
}

BANNED = {
    "unbounded": "sprintf vsprintf strcpy stpcpy strcat strncpy strncat gets wcscpy wcscat",
    "reads numbers without telling bad ones from good": "atoi atol atoll atof sscanf fscanf scanf",
    "needs errno, the end pointer and the range checked; use the project's own":
        "strtol strtoul strtoll strtoull strtod strtof strtold strtoimax strtoumax",
    "keeps its state or answer in a static buffer":
        "strtok gmtime localtime ctime asctime gethostbyname inet_ntoa tmpnam basename dirname",
    "predictable": "rand srand random srandom drand48 lrand48 mrand48 mktemp",
    "leaves what a handler does to the platform; use sigaction": "signal",
    "runs a shell": "system popen",
    "takes its size from the caller and its room from the stack": "alloca",
    "skips every cleanup": "setjmp longjmp",
}
WHY_BANNED = {name: why for why, names in BANNED.items() for name in names.split()}

# file or folder -> the banned functions that may be called there
ALLOWED = {
    # Reads back what snprintf has just written.
    "src/base/decimal.c": {"strtod"},
    # PHP, which the simulation stands for, takes the number that a text begins with.
    "tests/sim/": {"strtol", "strtoul", "strtoll", "strtoull", "strtod"},
}

_TOKEN = re.compile(
    r"""(?P<block>/\*.*?\*/)|(?P<line>//[^\n]*)"""
    r"""|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
_CALL = re.compile(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(")


def _blank(match):
    """Spaces instead of a comment, an empty literal instead of a literal; lines stay lines."""
    blank = re.sub(r"[^\n]", " ", match.group())
    return blank if match["text"] is None else '"' + blank[1:-1] + '"'


def code_only(text):
    """The text without its comments and without what its string literals say."""
    return _TOKEN.sub(_blank, text)


def _line(text, position):
    return text.count("\n", 0, position) + 1


def _folder(path):
    """`store` of src/store/inbox.c and of include/store/inbox.h; None elsewhere."""
    parts = pathlib.PurePosixPath(path).parts
    return parts[1] if len(parts) > 2 and parts[0] in ("src", "include") else None


def includes_only_lower_folders(path, text):
    own = _folder(path)
    if own is None:
        return
    if own not in LEVELS:
        yield 1, f"the folder {own} has no level in tests/lint/rules.py"
        return
    for match in _INCLUDE.finditer(text):
        quote, header = match.groups()
        other = header.split("/")[0]
        if quote == "<":
            if "/" in header and other in LEVELS:
                yield _line(text, match.start()), f"<{header}> is the project's: write \"{header}\""
        elif "/" not in header:
            yield _line(text, match.start()), f'"{header}" is included without its folder'
        elif other != own and LEVELS.get(other, len(LEVELS)) >= LEVELS[own]:
            yield _line(text, match.start()), f"{own} may not include {header}"


def calls_nothing_banned(path, text):
    allowed = {name for place, names in ALLOWED.items() if path.startswith(place) for name in names}
    code = code_only(text)
    for match in _CALL.finditer(code):
        name = match[1]
        if name in WHY_BANNED and name not in allowed:
            yield _line(code, match.start()), f"{name} is banned: {WHY_BANNED[name]}"


def has_block_comments_only(_path, text):
    for match in _TOKEN.finditer(text):
        if match["line"] is not None:
            yield _line(text, match.start()), "a // comment; the project writes /* */"


def leaves_nothing_to_do(_path, text):
    for match in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", text):
        yield _line(text, match.start()), f"{match[1]}: do it, or file it"


def has_its_guard(path, text):
    """include/store/inbox.h is guarded by AMSYNC_STORE_INBOX_H."""
    pure = pathlib.PurePosixPath(path)
    if pure.suffix != ".h" or pure.parts[0] != "include":
        return
    guard = "AMSYNC_" + "_".join(pure.with_suffix("").parts[1:]).upper() + "_H"
    lines = code_only(text).split()
    if lines[:4] != ["#ifndef", guard, "#define", guard]:
        yield 1, f"the header does not begin with its guard {guard}"


RULES = (
    includes_only_lower_folders,
    calls_nothing_banned,
    has_block_comments_only,
    leaves_nothing_to_do,
    has_its_guard,
)


def findings(path, text):
    """`path:line: what` for each broken rule; `path` is relative to the project's folder."""
    for rule in RULES:
        for line, what in rule(path, text):
            yield f"{path}:{line}: {what}"
