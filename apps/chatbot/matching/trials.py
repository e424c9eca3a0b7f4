"""Questions kept away from the classifiers, to see what they make of questions they do not know.

In each round some whole entries are held out (whatever is asked about them is then out of scope) and some
questions of the others. The first questions of an entry are often near-duplicates, so what is held out is
drawn at random and not left out one by one.
"""

from typing import NamedTuple

import numpy as np

ENTRIES_OUT = 0.2
QUESTIONS_OUT = 0.15
ENOUGH = 1_200
"""Trials that are wanted in all; small libraries get them in several rounds."""
ROUNDS = 4
FEWEST = 4
"""Entries a library must have so that some can be held out."""


class Round(NamedTuple):
    """Places of questions: those learned from, those asked with a right entry, those asked without one."""

    learned: np.ndarray
    inside: np.ndarray
    outside: np.ndarray


def rounds(entry: np.ndarray, entries: int) -> list[Round]:
    """Ways to hold out; `entry` names the entry of each question. None where nothing can be held out."""
    dice = np.random.default_rng(0)
    sizes = np.bincount(entry, minlength=entries)
    if entries < FEWEST or sizes.max() < 2:
        return []
    parts = []
    each = len(entry) * (ENTRIES_OUT + QUESTIONS_OUT)
    for _ in range(int(np.clip(np.ceil(ENOUGH / each), 1, ROUNDS))):
        out = np.zeros(entries, dtype=bool)
        out[dice.choice(entries, max(1, round(entries * ENTRIES_OUT)), replace=False)] = True
        outside = out[entry]
        inside = _some_of(entry, sizes, dice) & ~outside
        parts.append(
            Round(np.flatnonzero(~inside & ~outside), np.flatnonzero(inside), np.flatnonzero(outside))
        )
    return parts


def _some_of(entry: np.ndarray, sizes: np.ndarray, dice: np.random.Generator) -> np.ndarray:
    """A share of the questions of every entry that has two or more, never all of them."""
    order = dice.permutation(len(entry))
    order = order[np.argsort(entry[order], kind="stable")]  # by entry, shuffled within
    rank = np.arange(len(entry)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    quota = sizes * QUESTIONS_OUT
    quota = np.floor(quota) + (dice.random(len(sizes)) < quota - np.floor(quota))
    quota = np.minimum(quota, sizes - 1)
    taken = np.zeros(len(entry), dtype=bool)
    taken[order[rank < np.repeat(quota, sizes)]] = True
    return taken
