#!/usr/bin/python3
"""Usage: sources.py rules | headers BUILD_FOLDER | built BUILD_FOLDER

rules    every C file of the project keeps the rules of rules.py
headers  every header below include/ compiles alone, with the project's own flags
built    every C file below src/ is compiled into the library or the program
"""

import json
import pathlib
import shlex
import subprocess
import sys

import rules

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ("include", "src", "tests")


def c_files():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            yield path.relative_to(ROOT).as_posix()


def compile_commands(build):
    """source path -> (arguments, folder to run them in)"""
    commands = {}
    for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text("utf-8")):
        source = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        commands[source] = (shlex.split(entry["command"]), entry["directory"])
    return commands


def check_rules():
    for path in c_files():
        yield from rules.findings(path, (ROOT / path).read_text("utf-8"))


def check_headers(build):
    command, directory = compile_commands(build)[ROOT / "src" / "base" / "error.c"]
    # What holds for every file, without the names of this one, its object and its dependencies.
    flags = [argument for argument in command
             if argument.startswith(("-D", "-I", "-U", "-W", "-f", "-std="))]
    for header in sorted((ROOT / "include").rglob("*.h")):
        done = subprocess.run(
            [*command[:1], *flags, "-fsyntax-only", "-x", "c", "-"], cwd=directory,
            input=f'#include "{header.relative_to(ROOT / "include").as_posix()}"\n', text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            yield f"{header.relative_to(ROOT)} does not compile alone:\n{done.stdout}"


def check_built(build):
    commands = compile_commands(build)
    for path in sorted((ROOT / "src").rglob("*.c")):
        if path not in commands:
            yield f"{path.relative_to(ROOT)} is in no meson.build"


def main(arguments):
    checks = {"rules": check_rules, "headers": check_headers, "built": check_built}
    if not arguments or arguments[0] not in checks:
        sys.exit(__doc__.split("\n", 1)[0])
    found = list(checks[arguments[0]](*arguments[1:]))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
