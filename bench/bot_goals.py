"""`make bench-bot`: how well the bot finds the right entry on public data, beside the goals.

Runs `evaluate.py`, which comes with the data (CLINC150, Banking77), on `apps.chatbot.evaluation:build`
(B-12): nothing here or there sees a test question before it is asked. The data are looked for in the folder
given by --data or CSDESK_BOT_DATA, or in `data` or `shared/data` beside the project.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from bench.place import ROOT, BenchError

SEED = 11
"""Of the typing errors, as in evaluate.py."""
USUAL_PLACES = (ROOT.parent / "data", ROOT.parent / "shared" / "data")


class Goal(NamedTuple):
    """What is to be reached on a set; None where there is no goal."""

    data: str
    limit: int | None  # questions an entry; None: all
    flag: str  # "", "--names" or "--typos"
    top1: float
    coverage: float | None = None
    error: float | None = None
    """Of the calibration, at most."""


GOALS = (
    Goal("clinc150", None, "", 0.938, 0.885, 0.05),
    Goal("clinc150", 10, "", 0.765, 0.45, 0.05),
    Goal("clinc150", 5, "", 0.67, 0.29, 0.06),
    Goal("clinc150", 10, "--names", 0.79),
    Goal("clinc150", 5, "--names", 0.735),
    Goal("clinc150", None, "--typos", 0.91, 0.80),
    Goal("banking77", None, "", 0.925, 0.90),
    Goal("banking77", 10, "", 0.77, 0.51),
    Goal("banking77", None, "--typos", 0.90, 0.84),
)
LINE = "{:<10} {:>4} {:<8} {:>13} {:>13} {:>5} {:>6} {:>5} {:>8} {:>7}  {}"
HEAD = LINE.format("data", "KB", "", "goal", "ours", "ECE", "top-5", "AUROC", "train s", "p99 ms", "")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-bot", description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("CSDESK_BOT_DATA"), help="folder of the data"
    )
    parser.add_argument("--only", help="rows whose name contains this, for instance 'clinc150 10' or 'typos'")
    options = parser.parse_args()
    try:
        evaluate = evaluation(options.data)
    except BenchError as error:
        raise SystemExit(f"bench-bot: {error}") from None
    print(f"goal, ours: top-1 / coverage at 95 % precision\n{HEAD}", flush=True)
    missed = 0
    for goal in GOALS:
        if options.only and options.only not in f"{goal.data} {goal.limit or 'all'} {goal.flag}":
            continue
        missed += not _row(goal, evaluate)
    print(f"{missed} goals missed" if missed else "all goals reached")


def evaluation(folder: Path | None) -> ModuleType:
    """The module `evaluate.py` that stands beside the data; BenchError where there is none."""
    places = [Path(folder)] if folder else list(USUAL_PLACES)
    for place in places:
        if (place / "evaluate.py").is_file():
            found = importlib.util.spec_from_file_location("evaluate", place / "evaluate.py")
            assert found and found.loader
            module = importlib.util.module_from_spec(found)
            sys.modules["evaluate"] = module
            found.loader.exec_module(module)
            return module
    raise BenchError(f"no evaluate.py in {', '.join(map(str, places))}; give the folder with --data")


def questions(goal: Goal, evaluate: ModuleType) -> tuple[dict, list]:
    """The knowledge base and the test of a row."""
    entries, test = getattr(evaluate, goal.data)()
    if goal.flag == "--typos":
        dice = random.Random(SEED)  # noqa: S311
        test = [(label, evaluate.with_typo(question, dice)) for label, question in test]
    subset = {label: asked[: goal.limit] for label, asked in entries.items()}
    return evaluate.opaque(subset, test, goal.flag == "--names")


def is_reached(goal: Goal, figures: dict[str, float]) -> bool:
    """Whether these figures, to three digits as they are printed, reach the goal."""
    return (
        round(figures["top1"], 3) >= goal.top1
        and (goal.coverage is None or round(figures["cov95"], 3) >= goal.coverage)
        and (goal.error is None or round(figures["ece"], 3) <= goal.error)
    )


def _row(goal: Goal, evaluate: ModuleType) -> bool:
    from apps.chatbot.evaluation import build

    figures = evaluate.measure(*questions(goal, evaluate), build)
    reached = is_reached(goal, figures)
    print(LINE.format(*_cells(goal, figures), "" if reached else "missed"), flush=True)
    return reached


def _cells(goal: Goal, figures: dict[str, float]) -> Iterator[str]:
    def share(value: float) -> str:
        return f"{value:.3f}".removeprefix("0")

    wanted = [share(goal.top1)] + ([share(goal.coverage)] if goal.coverage else [])
    yield from (goal.data, str(goal.limit or "all"), goal.flag)
    yield "≥ " + " / ".join(wanted)
    yield f"{share(figures['top1'])} / {share(figures['cov95'])}"
    yield from (share(figures["ece"]), share(figures["top5"]), share(figures["auroc"]))
    yield from (f"{figures['build s']:.1f}", f"{figures['ms single p99']:.1f}")


if __name__ == "__main__":
    main()
