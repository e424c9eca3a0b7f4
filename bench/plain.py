"""The floors of P-9: what any program could do, BM25 on words and the cosine of character TF-IDF.

Both have the form of `apps.chatbot.evaluation.build` and give raw sums and cosines, capped to [0, 1].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
import rjieba
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

Entries = Sequence[tuple[int, Sequence[str]]]
Answer = Callable[[Sequence[str]], list[list[tuple[int, float]]]]
WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    return [word for word in rjieba.cut(text.lower()) if WORD.fullmatch(word)]


def bm25(entries: Entries, saturation: float = 1.2, length_share: float = 0.75) -> Answer:
    """Okapi BM25 on words; an entry is as good as its best question."""
    counter = CountVectorizer(analyzer=words)
    counts = counter.fit_transform([text for _, texts in entries for text in texts]).astype(float).tocoo()
    length = np.bincount(counts.row, counts.data, minlength=counts.shape[0])
    spread = np.bincount(counts.col, minlength=counts.shape[1])
    rarity = np.log(1 + (counts.shape[0] - spread + 0.5) / (spread + 0.5))
    norm = saturation * (1 - length_share + length_share * length / length.mean())
    value = counts.data * (saturation + 1) / (counts.data + norm[counts.row]) * rarity[counts.col]
    matrix = sparse.csr_array((value, (counts.row, counts.col)), shape=counts.shape)
    return _answer(entries, matrix, lambda asked: counter.transform(asked) > 0, scale=30.0)


def characters(entries: Entries) -> Answer:
    """Cosine of TF-IDF over one to three characters, in words."""
    weigher = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True)
    matrix = weigher.fit_transform([text for _, texts in entries for text in texts])
    return _answer(entries, matrix, weigher.transform, scale=1.0)


def _answer(entries: Entries, matrix: sparse.sparray, take: Callable, scale: float) -> Answer:
    starts = np.cumsum([0, *(len(texts) for _, texts in entries)])[:-1]
    labels = np.array([label for label, _ in entries])

    def answer(asked: Sequence[str]) -> list[list[tuple[int, float]]]:
        ranked = []
        for row in take(asked):
            sums = np.maximum.reduceat((matrix @ row.reshape(-1, 1).astype(float)).toarray().ravel(), starts)
            best = np.argsort(-sums, kind="stable")[:10]
            ranked.append([(int(labels[place]), min(float(sums[place]) / scale, 1.0)) for place in best])
        return ranked

    return answer
