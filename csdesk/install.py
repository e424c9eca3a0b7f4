"""Prepare the project's own Python environment in `.venv`; run by `make` with any Python ≥ 3.11.

Uses nothing but the standard library. A second call with unchanged requirements does nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = [ROOT / "requirements" / "base.txt", ROOT / "requirements" / "dev.txt"]
# Packages of which only files for browsers are taken: they stand apart, and nothing comes with them.
FILES_ONLY = ROOT / "requirements" / "examples.txt"
FILES = VENV / "share" / "examples"
OLDEST = (3, 11)


def say(text: str) -> None:
    print(f"csdesk: {text}", flush=True)


def fail(message: str) -> None:
    print(f"csdesk: {message}", file=sys.stderr)
    raise SystemExit(1)


def wanted() -> str:
    """What the environment must have been made from: the requirements and this Python."""
    digest = hashlib.sha256()
    for file in (*REQUIREMENTS, FILES_ONLY):
        digest.update(file.read_bytes())
    return f"{digest.hexdigest()} {sys.version_info.major}.{sys.version_info.minor}"


def is_ready() -> bool:
    try:
        return (VENV / ".ready").read_text() == wanted() and os.access(PYTHON, os.X_OK)
    except OSError:
        return False


def can_be_kept() -> bool:
    """Is there an environment of this very Python that only lacks some packages?"""
    try:
        same = (VENV / ".ready").read_text().split()[-1] == wanted().split()[-1]
    except (OSError, IndexError):
        return False
    return same and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def make_environment() -> list[str]:
    """Create `.venv` or keep the one that is there; returns the pip command that installs into it."""
    if can_be_kept():
        return [str(PYTHON), "-m", "pip"]
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True).returncode == 0:
        return [str(PYTHON), "-m", "pip"]
    # Debian parts ensurepip from Python; a pip that is there can fill the environment from outside.
    shutil.rmtree(VENV, ignore_errors=True)
    bare = subprocess.run([sys.executable, "-m", "venv", "--without-pip", VENV], capture_output=True)
    pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if bare.returncode or pip.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        fail(
            "this Python cannot make environments; install its venv module (Debian: apt install python3-venv)"
        )
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def install() -> None:
    if sys.version_info < OLDEST:
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]} (choose with make PYTHON=…)")
    if is_ready():
        return
    begun = time.monotonic()
    say("creating the Python environment in .venv …")
    pip = make_environment()
    say(f"installing {package_count()} packages, which takes a minute or some … ({_since(begun)})")
    command = [*pip, "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
    for own in (
        [arg for file in REQUIREMENTS for arg in ("-r", str(file))],
        ["--no-deps", "--upgrade", "--target", str(FILES), "-r", str(FILES_ONLY)],
    ):
        if run_telling([*command, *own], lambda: say(f"still installing … ({_since(begun)})")):
            fail("the Python packages could not be installed; the lines above say why")
    (VENV / ".ready").write_text(wanted())
    say(f"the environment is ready ({_since(begun)})")


def package_count() -> int:
    """How many packages the requirements name, each once."""
    lines = [line for file in REQUIREMENTS for line in file.read_text().splitlines()]
    return len({line.split("==")[0] for line in lines if line[:1].isalnum()})


def run_telling(command: list[str], tell: Callable[[], None], every: float = 15) -> int:
    """Run a command; `tell` is called every so many seconds until it ends. Returns its exit code."""
    with subprocess.Popen(command, cwd=ROOT) as work:
        while True:
            try:
                return work.wait(every)
            except subprocess.TimeoutExpired:
                tell()


def _since(begun: float) -> str:
    return f"after {time.monotonic() - begun:.0f} s"


def main() -> None:
    try:
        with (ROOT / ".install.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            install()
    except PermissionError as error:
        fail(f"cannot write into {error.filename}: the project's folder must be writable")
    except OSError as error:
        fail(f"cannot prepare .venv: {error}")
    except KeyboardInterrupt:
        fail("stopped before .venv was ready")


if __name__ == "__main__":
    main()
