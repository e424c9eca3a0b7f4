"""Text in, calibrated ranking out (B-4, B-5): how the bot finds the entry that answers a question.

`train` turns a library into a folder of files, `load` maps such a folder into memory, `Matcher.rank` asks it.
Knows nothing of Django; training needs scikit-learn, serving numpy and scipy alone. See docs/matching.md.

What it works with (scipy, the dictionary of Chinese words) comes with the first call: most processes, which
match nothing, do without the time and memory that it takes.
"""

from collections.abc import Callable
from pathlib import Path

from .types import BrokenMatcher, Encoder, Entries, Match, Matcher

__all__ = ["BrokenMatcher", "Encoder", "Entries", "Match", "Matcher", "load", "train"]


def train(
    entries: Entries,
    folder: Path,
    *,
    progress: Callable[[float], None] | None = None,
    encoder: Encoder | None = None,
) -> None:
    """Write all files of a matcher for these entries into an empty folder.

    `progress` hears the share done, in [0, 1]. Raises ValueError when there is no question to learn from.
    """
    from . import matcher

    matcher.train(entries, folder, progress=progress, encoder=encoder)


def load(folder: Path, *, encoder: Encoder | None = None) -> Matcher:
    """The matcher in this folder; raises BrokenMatcher for what is missing, damaged or of another version.

    An encoder is of use where the matcher was trained with the same one.
    """
    from . import matcher

    return matcher.load(folder, encoder=encoder)
