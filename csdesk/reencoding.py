"""Pictures of others made anew, in a process apart from this one (X-10, X-11)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from django.utils.translation import gettext as _

from csdesk.errors import Invalid

SECONDS = 30
_PROGRAM = Path(__file__).with_name("reencoding_program.py")


def reencode(
    source: Path, target: Path, thumbnail: Path, *, side: int | None = None, seconds: float = SECONDS
) -> dict:
    """Write `target` (no side longer than `side` px) and a small `thumbnail`: `{"mime", "width", "height"}`.

    Invalid when `source` is no picture that can be read, or too large a one.
    """
    command = [sys.executable, "-I", str(_PROGRAM), str(source), str(target), str(thumbnail)]
    if side:
        command.append(str(side))
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise Invalid(_("The picture cannot be read, or it is too large.")) from None
    return json.loads(done.stdout)
