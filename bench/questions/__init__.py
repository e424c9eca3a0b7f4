"""Questions of our own to learn and to measure with: groups of wordings that mean the same (P-9)."""

import random
from pathlib import Path

HERE = Path(__file__).parent
Groups = list[list[str]]
Asked = list[tuple[int, str]]


def groups(name: str) -> Groups:
    """The groups of a file, a line each, wordings apart by a bar."""
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [[part.strip() for part in line.split("|")] for line in lines if line[:1] not in ("", "#")]


def framed() -> Groups:
    """Each thing of `frames_zh.txt` in each frame of its part."""
    found: Groups = []
    things: list[str] = []
    for line in (HERE / "frames_zh.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            things = line[1:].split()
        elif line[:1] not in ("", "#"):
            found += [[part.strip().format(thing) for part in line.split("|")] for thing in things]
    return found


def library(
    asked: Groups, others: Groups = (), *, seed: int = 1, second: float = 0.2
) -> tuple[Groups, Asked]:
    """A library with an entry for each group, and what is asked of it: (place, question).

    An entry of `asked` has one of its group's wordings, a share of `second` two; the others are asked.
    An entry of `others` has its first, and nobody asks for it.
    """
    dice = random.Random(seed)  # noqa: S311
    entries: Groups = []
    questions: Asked = []
    for place, group in enumerate(asked):
        wordings = dice.sample(group, len(group))
        kept = 2 if len(group) > 2 and dice.random() < second else 1
        entries.append(wordings[:kept])
        questions += [(place, wording) for wording in wordings[kept:]]
    return entries + [group[:1] for group in others], questions
