"""Learn the weights of the reranker from our own questions: `python -m bench.learn_rerank [--write]`.

A softmax over each question's candidates is fitted (L-BFGS, L2); a likeness may only speak for an entry
and a contradiction only against it, so that what a small set happens to show cannot turn round what is
plain. Prints the share of questions whose entry comes first, each group judged by weights learned without
it; with `--write`, weights learned from all go to `knowledge/rerank.json`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from apps.chatbot.matching import rerank, retrieval
from apps.chatbot.matching.terms import KNOWLEDGE
from bench import questions

PARTS = 4
PENALTY = 4.0
LIKENESS = {"characters", "pairs", "words", "concepts", "behind", "order", "beginning", "ending", "same"}


class Case(NamedTuple):
    """A question asked: its candidates' features and where the right one is, -1 if it is not."""

    group: int
    features: np.ndarray
    right: int


def cases(entries: questions.Groups, asked: questions.Asked) -> list[Case]:
    with tempfile.TemporaryDirectory() as folder:
        retrieval.train(entries, Path(folder))
        found = retrieval.load(Path(folder)).candidates([question for _, question in asked])
    made = []
    for (place, _), candidates in zip(asked, found, strict=True):
        hits = np.flatnonzero(candidates.entries == place)
        made.append(Case(place, candidates.features, int(hits[0]) if len(hits) else -1))
    return made


def sets() -> dict[str, list[Case]]:
    """Light rewordings and free paraphrases in Chinese among 2,000 entries, English paraphrases."""
    light, free = questions.groups("rewordings_zh"), questions.groups("paraphrases_zh")
    entries, asked = questions.library(light + free, questions.framed())
    chinese = cases(entries, asked)
    entries, asked = questions.library(questions.groups("paraphrases_en"))
    return {
        "rewordings_zh": [case for case in chinese if case.group < len(light)],
        "paraphrases_zh": [case for case in chinese if case.group >= len(light)],
        "paraphrases_en": cases(entries, asked),
    }


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


def first(asked: list[Case], weights: np.ndarray) -> float:
    """The share of questions whose entry comes first."""
    return float(
        np.mean([case.right >= 0 and np.argmax(case.features @ weights) == case.right for case in asked])
    )


def main() -> None:
    known = sets()
    apart: dict[str, list[float]] = {name: [] for name in known}
    for part in range(PARTS):
        weights = learn([case for some in known.values() for case in some if case.group % PARTS != part])
        for name, some in known.items():
            apart[name].append(first([case for case in some if case.group % PARTS == part], weights))
    weights = learn([case for some in known.values() for case in some])
    for name, some in known.items():
        among = np.mean([case.right >= 0 for case in some])
        print(
            f"{name}: {len(some)} asked, among the candidates {among:.3f}, first {np.mean(apart[name]):.3f}"
        )
    shown = {name: round(float(weight), 3) for name, weight in zip(rerank.FEATURES, weights, strict=True)}
    print(json.dumps(shown, indent=1))
    if "--write" in sys.argv:
        (KNOWLEDGE / "rerank.json").write_text(json.dumps({"scale": 1.0, "weights": shown}, indent=1) + "\n")


if __name__ == "__main__":
    main()
