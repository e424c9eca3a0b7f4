"""Text in, calibrated ranking out (B-4, B-5): how the bot finds the entry that answers a question.

`train` turns a library into a folder of files, `load` maps such a folder into memory, `Matcher.rank` asks it.
Knows nothing of Django; training needs scikit-learn, serving numpy and scipy alone. See docs/matching.md.
"""

from .matcher import Matcher, load, train
from .types import BrokenMatcher, Encoder, Entries, Match

__all__ = ["BrokenMatcher", "Encoder", "Entries", "Match", "Matcher", "load", "train"]
