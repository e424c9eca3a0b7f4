"""Imports and exports the bot's library through the domain, and measures each step; JSON.

python -m bench.filing 100000 csv
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import django

django.setup()

from django.core.files.base import File  # noqa: E402

from apps.chatbot import exports, imports, knowledge  # noqa: E402
from apps.chatbot.job_models import FileJob  # noqa: E402
from apps.chatbot.models import Entry, Library  # noqa: E402
from apps.team.models import Member, Role  # noqa: E402
from csdesk.file_jobs.exports import XLSX  # noqa: E402
from csdesk.file_jobs.models import JobState  # noqa: E402
from csdesk.tables import csv_pieces, write_xlsx  # noqa: E402

WORDS = "订单退款发票物流快递会员积分尺码保修账号密码地址修改取消支付失败多久怎么哪里可以是否申请查询"
SIMILAR = 3


class Bench:
    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.steps: list[dict] = []
        self.member = Member.objects.get_or_create(
            account="bench@example.com",
            defaults={"email": "bench@example.com", "nickname": "bench", "role": Role.ADMINISTRATOR},
        )[0]

    def run(self, form: str, file: Path) -> None:
        job = self._received(file)
        with self._step(form, "check"):
            imports.check(job.pk)
        self._write(form, "write", job)
        again = self._received(file)
        imports.check(again.pk)
        self._write(form, "write again, nothing changes", again)
        job = exports.begin(Library.QA, {}, form, member=self.member)
        with self._step(form, "export"):
            exports.write(job.pk)
        self._expect(job, JobState.DONE)
        knowledge.delete_entries(Library.QA, Entry.objects.filter(library=Library.QA))

    def _received(self, file: Path) -> FileJob:
        with file.open("rb") as content:
            return imports.receive(Library.QA, File(content, name=file.name), member=self.member)

    def _write(self, form: str, name: str, job: FileJob) -> None:
        self._expect(job, JobState.CHECKED)
        imports.confirm(job)
        with self._step(form, name):
            imports.write(job.pk)
        self._expect(job, JobState.DONE)

    def _expect(self, job: FileJob, state: JobState) -> None:
        job.refresh_from_db()
        if job.state != state or job.rows != self.rows:
            raise SystemExit(f"{job.state}: {job.error} {job.problems[:3]}")

    @contextlib.contextmanager
    def _step(self, form: str, name: str) -> Iterator[None]:
        """Seconds, and by how many megabytes memory rose at its peak."""
        Path("/proc/self/clear_refs").write_text("5")
        before, began = _resident("VmRSS"), time.monotonic()
        yield
        seconds = time.monotonic() - began
        peak = _resident("VmHWM") - before
        self.steps.append({"file": form, "step": name, "seconds": seconds, "peak": peak})


def _resident(name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024


def table(rows: int) -> Iterator[list[str]]:
    """Entries as a shop may have them, the same every time."""
    chance = random.Random(20260715)  # noqa: S311 - texts for a measurement

    def said(length: int) -> str:
        return "".join(chance.choices(WORDS, k=2 * length))

    yield ["分类", "标准问题", "相似问题", "答案", "标签"]
    for number in range(rows):
        similar = "\n".join(f"{said(4)}{number}-{place}" for place in range(SIMILAR))
        yield [f"类{number % 40} / 子类{number % 7}", f"{said(4)}{number}？", similar, said(30), "标签"]


def main(rows: int, form: str) -> dict:
    bench = Bench(rows)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"library.{form}"
        with file.open("wb") as target:
            if form == XLSX:
                write_xlsx(target, table(rows), title="bench")
            else:
                target.writelines(csv_pieces(table(rows)))
        size = os.path.getsize(file) / 1024**2
        bench.run(form, file)
    return {"rows": rows, "megabytes": {form: size}, "steps": bench.steps}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2])))
