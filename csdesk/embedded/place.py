"""Folders and the system user of the embedded servers."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# sockaddr_un holds 104 bytes on some systems; PostgreSQL adds the longest name we use.
LONGEST_SOCKET = 100
_SOCKET = ".s.PGSQL.5432"
_SERVICE_USER = "csdesk-embedded"


class EmbeddedError(Exception):
    """An embedded server cannot start; the text says why and what to do, in one line."""


@dataclass(frozen=True)
class Place:
    """Where the servers keep `data`, `sockets` and `logs`, and as whom they run.

    `user` is None except for root: PostgreSQL refuses to run as root, so both servers get an
    account of their own then.
    """

    data: Path
    sockets: Path
    logs: Path
    user: pwd.struct_passwd | None

    @classmethod
    def prepare(cls, data: Path) -> "Place":
        """Make the folders with the right owner and rights, or raise EmbeddedError."""
        data = data.resolve()
        user = _service_user() if os.geteuid() == 0 else None
        try:
            data.mkdir(mode=0o700, parents=True, exist_ok=True)
            logs = data / "logs"
            logs.mkdir(exist_ok=True)
            sockets = _socket_folder(data)
            _make_private(sockets, user)
        except OSError as error:
            raise EmbeddedError(f"cannot write into {error.filename or data}: {error.strerror}") from error
        place = cls(data, sockets, logs, user)
        if user:
            _open_way(data)
        return place

    def own_folder(self, name: str) -> Path:
        """A private folder of a server below the data."""
        folder = self.data / name
        try:
            _make_private(folder, self.user)
        except OSError as error:
            raise EmbeddedError(f"cannot write into {folder}: {error.strerror}") from error
        return folder

    def as_user(self) -> dict:
        """Arguments for `subprocess` that start a program as the servers' account."""
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}


def _socket_folder(data: Path) -> Path:
    """`run` below the data; a short path in the temporary folder where that is too long for a socket."""
    folder = data / "run"
    if len(os.fsencode(folder / _SOCKET)) <= LONGEST_SOCKET:
        return folder
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"csdesk-{name}"
    if len(os.fsencode(short / _SOCKET)) > LONGEST_SOCKET:
        short = Path("/tmp") / f"csdesk-{name}"  # noqa: S108 - its owner is checked in _make_private
    return short


def _make_private(folder: Path, user: pwd.struct_passwd | None) -> None:
    """A folder only its owner may enter; one that somebody else made first is refused."""
    wanted = user.pw_uid if user else os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in (wanted, os.geteuid()):
        raise EmbeddedError(f"{folder} belongs to somebody else; remove it or choose another CSDESK_DATA")
    if user and facts.st_uid != wanted:
        os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


def _service_user() -> pwd.struct_passwd:
    """The account that runs the servers when we are root; made on first use, `nobody` as the last resort."""
    for attempt in (0, 1):
        try:
            return pwd.getpwnam(_SERVICE_USER)
        except KeyError:
            program = shutil.which("useradd")
            if attempt or not program:
                break
            command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SERVICE_USER]
            subprocess.run(command, capture_output=True, check=False)
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError("PostgreSQL cannot run as root: start as another user") from None


def _open_way(folder: Path) -> None:
    """Let the servers' account pass (not list) the folders above this one."""
    for above in [folder, *folder.parents]:
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def open_programs(bin_folder: Path) -> None:
    """Let the servers' account read the programs, should the installer's umask have been strict."""
    _open_way(bin_folder)
    top = bin_folder.parent
    if all(path.stat().st_mode & stat.S_IROTH for path in (top, bin_folder, *bin_folder.iterdir())):
        return
    for path in [top, *top.rglob("*")]:
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        readable = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if readable != mode:
            path.chmod(readable)
