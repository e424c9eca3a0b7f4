"""Settings come from the environment and are safe without any (Q-2)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from csdesk import environment
from tests.stack import ROOT

PRODUCTION = {
    "SECRET_KEY": "k" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
    "TRAIL_KEY": "t" * 10 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP",
    "CSDESK_BASE_URL": "https://desk.example.com",
}


def manage(*command: str, data: Path, **environment: str) -> subprocess.CompletedProcess:
    return python("manage.py", *command, data=data, **environment)


def python(*command: str, data: Path, **environment: str) -> subprocess.CompletedProcess:
    ours = ("CSDESK", "DATABASE", "REDIS", "DJANGO", "PYTEST")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    env = inherited | {"CSDESK_DATA": str(data)} | environment
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def show(asked: str, data: Path, **environment: str) -> str:
    """What the settings say, without the apps that they name."""
    code = f"from django.conf import settings; print({asked})"
    environment["DJANGO_SETTINGS_MODULE"] = "csdesk.settings"
    done = python("-c", code, data=data, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_deployment_check_is_clean_in_production(tmp_path: Path):
    done = manage("check", "--deploy", "--fail-level", "INFO", data=tmp_path, **PRODUCTION)

    assert done.returncode == 0, done.stderr


def test_static_files_of_production_refer_only_to_what_is_there(tmp_path: Path):
    done = manage("collectstatic", "--noinput", "-v0", data=tmp_path, **PRODUCTION)

    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "static").rglob("base.*.css.gz"))


@pytest.mark.parametrize("missing", ["SECRET_KEY", "TRAIL_KEY", "CSDESK_BASE_URL"])
def test_production_does_not_start_without_what_it_needs(tmp_path: Path, missing: str):
    done = manage("check", data=tmp_path, **{k: v for k, v in PRODUCTION.items() if k != missing})

    assert done.returncode == 1
    assert done.stderr.startswith(f"csdesk: {missing} must be")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CSDESK_DEMO", "yep"),
        ("TRUSTED_PROXIES", "-1"),
        ("PORT", "web"),
        ("CSDESK_BASE_URL", "http://desk.example.com"),
        ("CSDESK_BASE_URL", "http://localhost.example.com"),
        ("TRAIL_KEY", PRODUCTION["SECRET_KEY"]),
        ("CSDESK_LIMIT_EXEMPT", "10.0.0.0/8, office"),
        ("CSDESK_TIME_ZONE", "Mars/Olympus"),
        ("CSDESK_LANGUAGE", "klingon"),
    ],
)
def test_a_value_that_makes_no_sense_stops_the_start(tmp_path: Path, name: str, value: str):
    done = manage("check", data=tmp_path, **(PRODUCTION | {name: value}))

    assert done.returncode == 1
    assert done.stderr.startswith(f"csdesk: {name} must ")
    assert done.stderr.count("\n") == 1


def test_what_is_written_is_its_owners_alone(tmp_path: Path):
    code = (
        "from django.conf import settings; from django.core.files.base import ContentFile;"
        "from django.core.files.storage import default_storage as s; from django.core.mail import send_mail;"
        "s.save('a/b.txt', ContentFile(b'x')); send_mail('s', 't', None, ['a@example.com'])"
    )
    done = manage("shell", "--no-imports", "-c", code, data=tmp_path, CSDESK_DEMO="1")

    assert done.returncode == 0, done.stderr
    written = list(tmp_path.rglob("*"))
    assert {"mail", "files", "a", "b.txt"} <= {path.name for path in written}
    assert [path for path in written if path.stat().st_mode & 0o077] == []


def test_what_was_open_to_others_is_closed(tmp_path: Path):
    for name in ("mail", "logs", "files"):
        (tmp_path / name).mkdir(mode=0o755)
    (tmp_path / "trail-head.txt").touch(mode=0o644)
    tmp_path.chmod(0o755)
    environment.close_to_others(tmp_path)

    assert [path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077] == []
    # The account of the embedded servers passes, and lists nothing.
    assert tmp_path.stat().st_mode & 0o777 == 0o701


def test_the_language_is_kept_for_a_year(tmp_path: Path):
    assert show("settings.LANGUAGE_COOKIE_AGE", tmp_path, **PRODUCTION) == str(365 * 24 * 3600)


def test_the_workers_say_so_in_one_line_too(tmp_path: Path):
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("CSDESK", "DJANGO"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "celery", "--quiet", "--app", "csdesk", "beat"],
        cwd=ROOT,
        env=inherited | PRODUCTION | {"CSDESK_DATA": str(tmp_path), "CSDESK_LANGUAGE": "klingon"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr == "csdesk: CSDESK_LANGUAGE must be en or zh-hans, not 'klingon'\n"


def test_debugging_stays_off_outside_the_demo(tmp_path: Path):
    assert show("settings.DEBUG", tmp_path, CSDESK_DEBUG="1", **PRODUCTION) == "False"


def test_cookies_are_bound_to_the_host_in_production(tmp_path: Path):
    names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_NAME", "SESSION_COOKIE_AGE")
    asked = ", ".join(f"settings.{name}" for name in names)

    shown = show(asked, tmp_path, **PRODUCTION)
    assert shown == f"__Host-csdesk_session True __Host-csdesk_csrf {12 * 3600}"


def test_the_demo_keeps_its_own_keys_private(tmp_path: Path):
    first = show("settings.SECRET_KEY", tmp_path, CSDESK_DEMO="1")

    assert first == show("settings.SECRET_KEY", tmp_path, CSDESK_DEMO="1")
    assert len(first) >= 50
    assert (tmp_path / "secret_key.txt").stat().st_mode & 0o077 == 0


def test_options_of_the_database_address_reach_the_driver(tmp_path: Path):
    url = "postgresql://me:p%40ss@db.internal:5433/desk?sslmode=verify-full"
    keys = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    database = "settings.DATABASES['default']"

    shown = show(
        f"*map({database}.get, {keys}), {database}['OPTIONS']['sslmode']",
        tmp_path,
        DATABASE_URL=url,
        **PRODUCTION,
    )
    assert shown.split() == ["desk", "me", "p@ss", "db.internal", "5433", "verify-full"]


def test_demo_accounts_are_refused_in_production(tmp_path: Path):
    done = manage("seed_demo", data=tmp_path, **PRODUCTION)

    assert done.returncode == 1
