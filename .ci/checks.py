"""What the checkers in this folder share: the report, and the test that a checker really refuses."""

import copy
import sys


def report(checked, problems):
    """Says what was looked at and what is wrong; ends the program with 1 when anything is."""
    for line in checked:
        print(f"checked: {line}")
    for problem in problems:
        print(f"WRONG: {problem}", file=sys.stderr)
    if problems:
        sys.exit(f"{len(problems)} problem(s)")


def self_test(find_problems, good, bends):
    """Demands that `good` passes and that each bend of a copy of it is refused for its own reason.

    `bends` holds (what is bent, function that bends its argument, text that some problem must contain).
    """
    problems = [f"self-test: refused without a bend: {problem}" for problem in find_problems(good)]
    for name, bend, wanted in bends:
        bent = copy.deepcopy(good)
        bend(bent)
        found = find_problems(bent)
        if not any(wanted in problem for problem in found):
            problems.append(f"self-test: {name} was not refused with {wanted!r}; found {found}")
    report([f"self-test: {len(bends)} bends, each refused"] if not problems else [], problems)
