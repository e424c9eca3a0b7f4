"""P-8, how quick and how light the bot's matcher is, and P-9, how good it is beside two plain methods.

`python -m bench.bot serve FOLDER` is the process that is measured: it loads a trained matcher, answers
questions one by one from its standard input and prints what it took and holds.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench import questions
from bench.place import ROOT, BenchError
from bench.table import Row, say

SIZES = (1_000, 10_000, 100_000)
ASKED = 500
WARM_UP = 50
CONTEXTS = (
    "", "X200", "A7", "2024款", "二手", "进口", "国产", "儿童", "老人", "北京", "上海", "广州", "海外",
    "企业", "学校", "高端", "便携", "Pro版", "Lite版", "第三代", "旧款", "新款", "家用", "商用", "租的",
)  # fmt: skip


def library() -> Iterator[list[str]]:
    """Entries that differ by a word: each thing in each frame, bare, then of each kind."""
    for context, group in itertools.product(CONTEXTS, questions.framed()):
        yield [f"{context}{wording}" for wording in group]


def of_size(count: int) -> tuple[list[tuple[int, list[str]]], list[str]]:
    """A library of so many questions, about three an entry, and questions to ask of it, slightly changed."""
    entries: list[tuple[int, list[str]]] = []
    held = 0
    for group in library():
        entries.append((len(entries), group[: count - held]))
        held += len(entries[-1][1])
        if held == count:
            break
    if held < count:
        raise BenchError(f"there are only {held} questions to make a library of {count} from")
    dice = random.Random(8)  # noqa: S311
    asked = [dice.choice(dice.choice(entries)[1]) for _ in range(ASKED + WARM_UP)]
    return entries, [f"请问{text[:-1]}" if number % 2 else text[1:] for number, text in enumerate(asked)]


def speed(sizes: tuple[int, ...] = SIZES) -> list[Row]:
    """P-8: time of an answer, of publishing, memory of a process that serves, by size."""
    from apps.chatbot.matching import train

    rows: list[Row] = []
    for count in sizes:
        say(f"P-8: {count:,} questions")
        entries, asked = of_size(count)
        with tempfile.TemporaryDirectory(prefix="csdesk-bench-") as folder:
            began = time.perf_counter()
            train(entries, Path(folder))
            took = time.perf_counter() - began
            figures = serve_apart(Path(folder), asked)
            size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 2**20
        goals = {10_000: ("<= 5", "<= 10", ""), 100_000: ("<= 20", "", "<= 300")}.get(count, ("", "", ""))
        rows += [
            Row("P-8", f"ms per answer, p99, {count:,} questions", figures["p99"], None, goals[0]),
            Row(
                "P-8", f"ms of processor time per answer, p99, {count:,} questions", figures["work"], None, ""
            ),
            Row("P-8", f"ms per answer, p50, {count:,} questions", figures["p50"], None, ""),
            Row("P-8", f"s to publish, {count:,} questions", took, None, goals[1]),
            Row("P-8", f"MiB of a process that serves, {count:,} questions", figures["held"], None, goals[2]),
            Row("P-8", f"MiB of it its own, {count:,} questions", figures["own"], None, ""),
            Row("P-8", f"ms to load, {count:,} questions", figures["load"], None, ""),
            Row("P-8", f"MiB of files, {count:,} questions", size, None, ""),
        ]
    return rows


def serve_apart(folder: Path, asked: list[str]) -> dict[str, float]:
    """What a fresh process that loads the folder and answers needs for it."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.bot", "serve", str(folder)],
        cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(f"the process that answers failed:\n{done.stderr}")
    return json.loads(done.stdout)


def serve(folder: Path, asked: list[str]) -> dict[str, float]:
    from apps.chatbot.matching import load

    began = time.perf_counter()
    matcher = load(folder)
    matcher.rank(asked[:1])
    loaded = time.perf_counter() - began
    took, worked = [], []
    for question in asked:
        began, idle = time.perf_counter(), time.process_time()
        matcher.rank([question])
        took.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - idle) * 1000)
    held, own = memory()
    p50, p99 = np.percentile(took[WARM_UP:], [50, 99]).tolist()
    work = float(np.percentile(worked[WARM_UP:], 99))
    return {"p50": p50, "p99": p99, "work": work, "load": loaded * 1000, "held": held, "own": own}


def memory() -> tuple[float, float]:
    """MiB that this process holds, and of them those it shares with nobody and could not read again."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    kib = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines[1:])}
    return kib["Rss"] / 1024, kib["Private_Dirty"] / 1024


# --- P-9 -------------------------------------------------------------------------------------------


def quality() -> list[Row]:
    """P-9 on questions of our own: how often the right entry comes first, beside two plain methods."""
    from apps.chatbot.evaluation import build
    from bench import plain

    light, free, english = (
        questions.groups(name) for name in ("rewordings_zh", "paraphrases_zh", "paraphrases_en")
    )
    others = questions.framed()
    rows: list[Row] = []
    for title, asked_of, beside in (
        ("Chinese rewordings", light, free + others),
        ("Chinese paraphrases", free, light + others),
        ("English paraphrases", english, []),
    ):
        entries, asked = questions.library(asked_of, beside)
        say(f"P-9: {title}, {len(entries):,} entries, {len(asked):,} asked")
        ours, words, characters = (
            first(made(list(enumerate(entries))), asked) for made in (build, plain.bm25, plain.characters)
        )
        ours, words, characters = 100 * ours, 100 * words, 100 * characters
        figure = f"first entry right, {title}, %"
        rows.append(Row("P-9", f"{figure} ÷ BM25 on words", ours, ours / words, ">= 1.02", words))
        rows.append(
            Row("P-9", f"{figure} ÷ character TF-IDF", ours, ours / characters, ">= 1.015", characters)
        )
    return rows


def first(answer: Callable, asked: questions.Asked) -> float:
    """The share of questions whose entry comes first."""
    ranked = answer([question for _, question in asked])
    hits = [bool(row) and row[0][0] == place for row, (place, _) in zip(ranked, asked, strict=True)]
    return float(np.mean(hits))


if __name__ == "__main__":
    print(json.dumps(serve(Path(sys.argv[2]), json.load(sys.stdin))))
