#!/usr/bin/python3
"""Usage: check.py run FOLDER | steps

run     spin goes through every run of the models, within the bounds below, and finds no error; in each
        mutant, which leaves out one rule, it finds one. FOLDER holds what it builds.
steps   the labels in capitals of the models are the failure points of
        include/base/failure_point.h, all of them
"""

import pathlib
import re
import subprocess
import sys

MODELS = pathlib.Path(__file__).resolve().parent
HEADER = MODELS.parents[1] / "include" / "base" / "failure_point.h"

# model, its bounds
RIGHT = [
    ("intake", {}),
    ("poison", {}),
    ("sync", {"CRASHES": 2, "SLOW": 0, "LOST": 2}),  # faults
    ("sync", {"CRASHES": 1, "SLOW": 3, "LOST": 0}),
    ("sync", {"CRASHES": 0, "SLOW": 4, "LOST": 1}),  # a worker whose claim has run out meanwhile
]

# model, mutant, its bounds
WRONG = [
    ("intake", "CURSOR", {}),
    ("poison", "TOGETHER", {}),
    *(("sync", mutant, {"CRASHES": 0, "SLOW": 4, "LOST": 1})
      for mutant in ("NO_REVISION", "NO_CLAIM_CHECK", "RENEWED", "EARLY_LOOK")),
]

LABEL = re.compile(r"^([A-Z][A-Z_]+):$", re.MULTILINE)
MEMORY_MIB = 3000


def explore(model, mutant, bounds, folder):
    """(errors, states, output) of all runs of a model; ends the program where not all were gone through."""
    options = [f"-D{name}={value}" for name, value in bounds.items()]
    if mutant:
        options.append(f"-D{mutant}")
    folder.mkdir(parents=True, exist_ok=True)
    steps = (
        ["spin", *options, "-a", MODELS / f"{model}.pml"],
        ["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MIB}", "-o", "pan",
         "pan.c"],
        ["./pan", "-m100000"],
    )
    for step in steps:
        done = subprocess.run(step, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{step[0]} of {model} ended with {done.returncode}\n{done.stdout}")
    errors = re.search(r"errors: (\d+)", done.stdout)
    states = re.search(r"(\d+) states, stored", done.stdout)
    if not errors or not states or "too small" in done.stdout or "out of memory" in done.stdout:
        sys.exit(f"{model} was not gone through\n{done.stdout}")
    return int(errors[1]), int(states[1]), done.stdout


def check_runs(folder):
    runs = [(model, None, bounds) for model, bounds in RIGHT] + WRONG
    failed = False
    for number, (model, mutant, bounds) in enumerate(runs):
        errors, states, output = explore(model, mutant, bounds, folder / str(number))
        right = errors == 0 if mutant is None else errors > 0
        print(f"{'ok  ' if right else 'FAIL'} {model} {mutant or ''} {bounds or ''}: "
              f"{errors} errors, {states} states")
        if not right:
            print(output)
        failed = failed or not right
    return failed


def check_steps():
    points = re.findall(r"^    POINT\((\w+)\)", HEADER.read_text("utf-8"), re.MULTILINE)
    labels = {label for path in MODELS.glob("*.pml") for label in LABEL.findall(path.read_text("utf-8"))}
    for name in sorted(labels - set(points)):
        print(f"{name} is a step of the model, but no failure point")
    for name in sorted(set(points) - labels):
        print(f"{name} is a failure point, but no step of the model")
    return labels != set(points) or not points


def main(arguments):
    if arguments[:1] == ["run"] and len(arguments) == 2:
        return check_runs(pathlib.Path(arguments[1]))
    if arguments == ["steps"]:
        return check_steps()
    sys.exit(__doc__.split("\n", 1)[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
