#!/usr/bin/python3
"""Usage: embed_migrations.py OUTPUT SQL...

Writes the SQL files as a C source with store/migrate.h's MIGRATIONS, so that the program stands
alone.
"""

import hashlib
import pathlib
import re
import sys

NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
MIN_PROGRAM = re.compile(rb"^-- min_program: (\d+\.\d+\.\d+)$", re.MULTILINE)


def migration(path):
    name = NAME.fullmatch(path.name)
    if name is None:
        sys.exit(f"{path}: not named NNNN_name.sql")
    text = path.read_bytes()
    found = MIN_PROGRAM.findall(text)
    if len(found) != 1:
        sys.exit(f"{path}: one line like '-- min_program: 0.1.0' is needed")
    if b"\0" in text:
        sys.exit(f"{path}: contains a NUL")
    return int(name[1]), name[2], found[0].decode("ascii"), text


def c_bytes(text):
    lines = [text[i:i + 20] for i in range(0, len(text), 20)]
    return "\n".join("    " + "".join(f"{byte}," for byte in line) for line in lines)


def main(output, paths):
    found = sorted(migration(pathlib.Path(path)) for path in paths)
    numbers = [number for number, *_ in found]
    if numbers != list(range(1, len(found) + 1)):
        sys.exit(f"migrations are not numbered from 1 without a gap: {numbers}")
    parts = ['#include "store/migrate.h"\n']
    for number, _, _, text in found:
        if not text.isascii():
            sys.exit(f"migration {number}: only ASCII, please")
        parts.append(f"static const char SQL_{number}[] = {{\n{c_bytes(text)}\n    0}};\n")
    parts.append("const struct migration MIGRATIONS[] = {")
    for number, name, min_program, text in found:
        digest = hashlib.sha256(text).hexdigest()
        parts.append(f'    {{{number}, "{name}", "{digest}", "{min_program}", SQL_{number}}},')
    parts.append(f"}};\nconst size_t MIGRATION_COUNT = {len(found)};\n")
    pathlib.Path(output).write_text("\n".join(parts), encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
