"""Learn the weights of the reranker from our own questions: `python -m bench.learn_rerank [--write]`.

A softmax over each question's candidates is fitted (L-BFGS, L2); a likeness may only speak for an entry
and a contradiction only against it, so that what a small set happens to show cannot turn round what is
plain. Prints the share of questions whose entry comes first, each group judged by weights learned without
it; with `--write`, weights learned from all go to `knowledge/rerank.json`.

The score (B-5) is a logistic over what speaks for the first candidate. It is fitted on the same questions
and, as questions that no entry answers, on the same once more with their entry hidden, which count for
`OUTSIDE`. Printed is the expected calibration error of scores that were learned without the group.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from apps.chatbot.matching import rerank, retrieval
from apps.chatbot.matching.terms import KNOWLEDGE
from bench import questions

PARTS = 4
PENALTY = 4.0
OUTSIDE = 0.15
LIKENESS = {
    "characters",
    "pairs",
    "words",
    "concepts",
    "behind",
    "order",
    "beginning",
    "ending",
    "same",
    "equal",
}


class Case(NamedTuple):
    """A question asked: its candidates' features and where the right one is, -1 if it is not."""

    group: int
    features: np.ndarray
    right: int
    size: int
    share: float = 1.0


def cases(entries: questions.Groups, asked: questions.Asked, *, hidden: bool = False) -> list[Case]:
    """What retrieval finds for each question; with `hidden`, as if its entry were not there."""
    with tempfile.TemporaryDirectory() as folder:
        retrieval.train(entries, Path(folder))
        index = retrieval.load(Path(folder))
        made = []
        for place, question in asked:
            allowed = np.arange(len(entries)) != place if hidden else None
            (found,) = index.candidates([question], allowed=allowed)
            hits = np.flatnonzero(found.entries == place)
            right = int(hits[0]) if len(hits) else -1
            made.append(Case(place, found.features, right, index.count, OUTSIDE if hidden else 1.0))
    return made


def sets(*, hidden: bool = False) -> dict[str, list[Case]]:
    """Light rewordings and free paraphrases in Chinese, English paraphrases; many entries and few."""
    light, free, english, others = (
        *(questions.groups(name) for name in ("rewordings_zh", "paraphrases_zh", "paraphrases_en")),
        questions.framed(),
    )
    found: dict[str, list[Case]] = {}
    for name, asked, beside in (
        ("rewordings_zh", light, free + others),
        ("rewordings_zh alone", light, []),
        ("paraphrases_zh", free, light + others),
        ("paraphrases_zh alone", free, []),
        ("paraphrases_en", english, []),
    ):
        found[name] = cases(*questions.library(asked, beside), hidden=hidden)
    return found


def learn(known: list[Case]) -> np.ndarray:
    """Weights that make the right candidate likely."""
    known = [case for case in known if case.right >= 0 and len(case.features) > 1]
    most = max(len(case.features) for case in known)
    rows = np.zeros((len(known), most, len(rerank.FEATURES)))
    absent = np.full((len(known), most), -1e9)
    for number, case in enumerate(known):
        rows[number, : len(case.features)] = case.features
        absent[number, : len(case.features)] = 0.0
    spread = rows.reshape(-1, rows.shape[2]).std(axis=0) + 1e-6
    rows /= spread
    right = np.arange(len(known)), np.array([case.right for case in known])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = rows @ weights + absent
        chance = np.exp(logits - logits.max(axis=1, keepdims=True))
        chance /= chance.sum(axis=1, keepdims=True)
        value = -np.log(chance[right] + 1e-12).sum() + PENALTY * weights @ weights / 2
        chance[right] -= 1.0
        return value, np.einsum("ij,ijk->k", chance, rows) + PENALTY * weights

    bounds = [(0, None) if name in LIKENESS else (None, 0) for name in rerank.FEATURES]
    start = np.zeros(len(spread))
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x / spread


def calibrate(known: list[Case], weights: np.ndarray) -> np.ndarray:
    """Weights of the evidence, so that the logistic of their sum is the chance that the first is right."""
    rows, right, shares = judged(known, weights)
    spread = rows.std(axis=0)
    spread[0] = 1.0
    rows = rows / spread

    def loss(chosen: np.ndarray) -> tuple[float, np.ndarray]:
        sums = rows @ chosen
        wrong = 1.0 / (1.0 + np.exp(-sums)) - right
        value = (shares * np.logaddexp(0.0, np.where(right, -sums, sums))).sum() + chosen @ chosen / 2
        return value, rows.T @ (shares * wrong) + chosen

    return minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x / spread


def judged(known: list[Case], weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The evidence for the first of each case, whether it is right, and what the case counts for."""
    rows, right = [], []
    known = [case for case in known if len(case.features)]
    for case in known:
        logits = case.features @ weights
        order = np.argsort(-logits, kind="stable")
        rows.append(rerank.evidence(case.features[order], logits[order], case.size))
        right.append(order[0] == case.right)
    return np.array(rows), np.array(right), np.array([case.share for case in known])


def error(scores: np.ndarray, right: np.ndarray, shares: np.ndarray) -> float:
    """The sum of the gaps between score and share right over 15 bins of the score."""
    gaps = np.bincount(np.minimum((scores * 15).astype(int), 14), shares * (scores - right))
    return float(np.abs(gaps).sum() / shares.sum())


def first(asked: list[Case], weights: np.ndarray) -> float:
    """The share of questions whose entry comes first."""
    hits = [case.right >= 0 and np.argmax(case.features @ weights) == case.right for case in asked]
    return float(np.mean(hits))


def chained(known: dict[str, list[Case]], chosen: Callable[[int], bool] = lambda part: True) -> list[Case]:
    return [case for some in known.values() for case in some if chosen(case.group % PARTS)]


def main() -> None:
    known, hidden = sets(), sets(hidden=True)
    for name, some in known.items():
        firsts, told = [], []
        for part in range(PARTS):
            weights = learn(chained(known, part.__ne__))
            evidence = calibrate(chained(known, part.__ne__) + chained(hidden, part.__ne__), weights)
            asked = [case for case in some if case.group % PARTS == part]
            rows, right, shares = judged(
                asked + [c for c in hidden[name] if c.group % PARTS == part], weights
            )
            firsts.append(first(asked, weights))
            told.append((1.0 / (1.0 + np.exp(-rows @ evidence)), right, shares))
        among = np.mean([case.right >= 0 for case in some])
        gap = error(*(np.concatenate(parts) for parts in zip(*told, strict=True)))
        print(
            f"{name}: {len(some)} asked, among the candidates {among:.3f}, first {np.mean(firsts):.3f}, "
            f"calibration error {gap:.3f}"
        )
    weights = learn(chained(known))
    evidence = calibrate(chained(known) + chained(hidden), weights)
    learned = {
        "weights": dict(zip(rerank.FEATURES, np.round(weights, 3).tolist(), strict=True)),
        "evidence": dict(zip(rerank.EVIDENCE, np.round(evidence, 3).tolist(), strict=True)),
    }
    print(json.dumps(learned, indent=1))
    if "--write" in sys.argv:
        (KNOWLEDGE / "rerank.json").write_text(json.dumps(learned, indent=1) + "\n")


if __name__ == "__main__":
    main()
