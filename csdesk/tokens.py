"""Search tokens: words, and for Chinese, Japanese and Korean text pairs of characters.

PostgreSQL's own text search does not part Chinese into words, and the embedded server has
no trigram extension. Every text is therefore stored with an array of tokens under a GIN
index; a search asks for the rows that hold all tokens of the query.
"""

import re
import unicodedata

# Han, kana and hangul are written without spaces between words.
_CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_CJK}]+|[^\W{_CJK}]+")
_IS_CJK = re.compile(rf"[{_CJK}]")
LONGEST = 40
MOST = 4_000


def folded(text: str) -> str:
    """Text as searching sees it: full width, ligatures and case folded (NFKC, casefold)."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """The distinct search tokens of a text, sorted; at most `MOST`, each at most `LONGEST` characters.

    A run of CJK characters gives each character and each pair of neighbours, so that words
    of one and of two characters are found; any other run of letters or digits gives itself.
    """
    found: set[str] = set()
    for run in _RUNS.findall(folded(text)):
        if _IS_CJK.match(run):
            found.update(run)
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        else:
            found.add(run[:LONGEST])
        if len(found) > MOST:
            break
    return sorted(found)[:MOST]


def query_tokens(text: str) -> list[str]:
    """The tokens a matching text must all have; a pair makes its single characters needless."""
    wanted: set[str] = set()
    for run in _RUNS.findall(folded(text)):
        if _IS_CJK.match(run) and len(run) > 1:
            wanted.update(run[i : i + 2] for i in range(len(run) - 1))
        else:
            wanted.add(run[:LONGEST])
    return sorted(wanted)
