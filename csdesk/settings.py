"""Settings of the deployment, all from the environment (docs/operations.md lists them).

Without any of them the values are those of production; `CSDESK_DEMO=1` (set by `make run`)
loosens only what a demo on one's own machine needs.
"""

import os
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from csdesk import environment, logging

BASE_DIR = Path(__file__).resolve().parent.parent

# --- This deployment -------------------------------------------------------------------------

DEMO = CSDESK_DEMO = environment.flag("CSDESK_DEMO")
DEBUG = DEMO and environment.flag("CSDESK_DEBUG")
# Uploaded files and, in the demo, the embedded servers' data and the keys.
DATA = CSDESK_DATA = (BASE_DIR / environment.text("CSDESK_DATA", ".data")).resolve()
# Where the web process listens.
HOST = environment.text("CSDESK_HOST", "127.0.0.1" if DEMO else "0.0.0.0")  # noqa: S104 - behind a proxy
PORT = environment.number("PORT", 8000)
# Seconds between "not ready" and "no new connections" when the web process stops, for the balancer to notice.
DRAIN_NOTICE = environment.number("CSDESK_DRAIN_NOTICE", 0 if DEMO else 2)
# The address people use, e.g. https://desk.example.com
CSDESK_BASE_URL = environment.text("CSDESK_BASE_URL", f"http://localhost:{PORT}" if DEMO else "").rstrip("/")
# How many proxies of ours add to X-Forwarded-For; 0 = none is believed.
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0)
SECRET_KEY = environment.secret("SECRET_KEY", DATA, DEMO)
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
# Signs the trail; must outlive every other key.
TRAIL_KEY = environment.secret("TRAIL_KEY", DATA, DEMO)
# Former keys, with which older entries are still checked.
TRAIL_OLD_KEYS = environment.words("TRAIL_OLD_KEYS")
# The application's number in signed identities (V-8), and the longest life of one in days.
SDKAPPID = environment.number("SDKAPPID", 1400000000)
SIGNATURE_DAYS = environment.number("CSDESK_SIGNATURE_DAYS", 7)

# Cookies and passwords cross no network in the clear; only this machine itself may do without.
_near = r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?"
if not re.fullmatch(r"https?://[^/\s]+" if DEMO else rf"https://[^/\s]+|{_near}", CSDESK_BASE_URL):
    raise ImproperlyConfigured(
        "CSDESK_BASE_URL must be the address people use, with https://, e.g. https://desk.example.com"
    )
if SECRET_KEY == TRAIL_KEY:
    raise ImproperlyConfigured("TRAIL_KEY must be another one than SECRET_KEY: it outlives it")

_base = urlsplit(CSDESK_BASE_URL)
ALLOWED_HOSTS = [_base.hostname, *environment.words("CSDESK_HOSTS")]
if DEMO:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]", socket.gethostname()]
    if HOST not in ("localhost", "127.0.0.1", "::1"):
        # Opened to the network on purpose: by whatever name this machine has there.
        ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [CSDESK_BASE_URL, *environment.words("CSDESK_TRUSTED_ORIGINS")]

# --- Parts -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "csdesk",
    "apps.team",
    "apps.chatbot",
    "apps.sessions",
    "apps.routing",
    "apps.records",
    "apps.visitor",
    "apps.desk",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "import_export",
    "channels",
]

MIDDLEWARE = [
    "csdesk.health.HealthMiddleware",
    "csdesk.logging.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csdesk.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.team.middleware.SignInMiddleware",
    "csdesk.zones.ReaderZoneMiddleware",
]

ROOT_URLCONF = "csdesk.urls"
ASGI_APPLICATION = "csdesk.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.static",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- PostgreSQL and Redis --------------------------------------------------------------------

DATABASE_URL = environment.text("DATABASE_URL", "postgresql:///csdesk")
REDIS_URL = environment.text("REDIS_URL", "redis://127.0.0.1:6379/0")


def _database(url: str) -> dict:
    """Django's form of a PostgreSQL address, with whatever options libpq knows."""
    params = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": params.pop("dbname", "csdesk"),
        "USER": params.pop("user", ""),
        "PASSWORD": params.pop("password", ""),
        "HOST": params.pop("host", ""),
        "PORT": str(params.pop("port", "")),
        # Kept connections that are tried before use come back at once after an outage; a pool with
        # its default waits took 39.5 s (docs/architecture.md).
        "CONN_MAX_AGE": environment.number("DATABASE_CONN_MAX_AGE", 600),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": environment.flag("DATABASE_BEHIND_BOUNCER"),
        "OPTIONS": {"connect_timeout": 5, "application_name": "csdesk", **params},
    }


DATABASES = {"default": _database(DATABASE_URL)}

# Counts and short-lived copies only: everything true is in the database.
CACHES = {
    "default": {"BACKEND": "csdesk.cache.RedisOrMemoryCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "csdesk"}
}

# --- Who signs in ----------------------------------------------------------------------------

AUTH_USER_MODEL = "team.Member"
# An account is unique among the members who are there; a deleted one may come again.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["apps.team.backends.AccountOrEmail"]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_ADAPTER = "apps.team.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = "account"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = False  # `team.lockout` does it, per account and address (T-8)
ACCOUNT_PREVENT_ENUMERATION = True
# Roles whose members sign in with a second factor (T-6, X-6); the others may.
SECOND_FACTOR_ROLES = environment.words("CSDESK_SECOND_FACTOR_ROLES", "" if DEMO else "super administrator")
if SECOND_FACTOR_ROLES == ["none"]:
    SECOND_FACTOR_ROLES = []
if unknown := set(SECOND_FACTOR_ROLES) - {"super", "administrator", "supervisor", "agent"}:
    raise ImproperlyConfigured(
        f"CSDESK_SECOND_FACTOR_ROLES must name roles (super administrator supervisor agent) or none, "
        f"not {' '.join(sorted(unknown))!r}"
    )
MFA_ADAPTER = "apps.team.second_factor.Adapter"
MFA_TOTP_ISSUER = _base.hostname
MFA_RECOVERY_CODE_DIGITS = 10
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.team.passwords.NotOneCharacter"},
]

# The demo is plain HTTP on one's own machine; everywhere else cookies are secure and bound to the host.
_cookie = "csdesk_" if DEMO else "__Host-csdesk_"
SESSION_COOKIE_NAME = f"{_cookie}session"
SESSION_COOKIE_AGE = 12 * 3600  # absolute: never saved again just because of a request
SESSION_COOKIE_SECURE = not DEMO
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_cookie}csrf"
CSRF_COOKIE_SECURE = not DEMO
LANGUAGE_COOKIE_SECURE = not DEMO
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "apps.team.views.csrf_failure"

SECURE_SSL_REDIRECT = environment.flag("CSDESK_SSL_REDIRECT", not DEMO)
SECURE_HSTS_SECONDS = 0 if DEMO else environment.number("CSDESK_HSTS_SECONDS", 31536000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_HSTS_PRELOAD = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Languages, time -------------------------------------------------------------------------

LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_CODE = environment.choice("CSDESK_LANGUAGE", "zh-hans", dict(LANGUAGES))
LOCALE_PATHS = [BASE_DIR / "csdesk" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = environment.choice("CSDESK_TIME_ZONE", "Asia/Shanghai", available_timezones())

# --- Files -----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA / "static"
MEDIA_ROOT = DATA / "files"
# The demo serves the sources as they are; production serves hashed, compressed copies (collectstatic).
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEMO
WHITENOISE_MAX_AGE = 0 if DEMO else 300
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO
        else "csdesk.staticfiles.HashedStaticFiles"
    },
}
# Whatever a process of ours writes is its owner's alone.
os.umask(0o077)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- Work and limits (X-2) ----------------------------------------------------------------------

# Threads between the event loop and the database in each web process; each keeps one connection.
CHAT_THREADS = environment.number("CSDESK_CHAT_THREADS", 6)
SLOW_THREADS = environment.number("CSDESK_SLOW_THREADS", 4)
# Pages, uploads and downloads that are made at once; each has a thread and a connection while it is made.
PAGE_THREADS = environment.number("CSDESK_PAGE_THREADS", 8)
# Per client address; 0 = no limit. CSDESK_LIMIT_EXEMPT lists addresses or networks without limits.
LIMIT_TOKENS = environment.number("CSDESK_LIMIT_TOKENS", 20)  # visitor tokens per minute
LIMIT_UPLOADS = environment.number("CSDESK_LIMIT_UPLOADS", 10)  # files per minute
LIMIT_UPLOAD_MB = environment.number("CSDESK_LIMIT_UPLOAD_MB", 500)  # per day
LIMIT_SESSIONS = environment.number("CSDESK_LIMIT_SESSIONS", 5)  # open engaged sessions
# In the demo everybody comes from this machine: ten windows side by side are one person trying it out.
LIMIT_EXEMPT = environment.networks("CSDESK_LIMIT_EXEMPT", ["127.0.0.0/8", "::1"] if DEMO else [])
# Per socket: frames per second, sustained.
LIMIT_FRAMES = environment.number("CSDESK_LIMIT_FRAMES", 10)

# --- Calls to the outside (X-12) --------------------------------------------------------------------

# Networks of ours that calls may go to; without this they only leave for the internet.
OUTGOING_NETWORKS = environment.networks("CSDESK_OUTGOING_NETWORKS", [])
# Ports that are asked.
OUTGOING_PORTS = environment.ports("CSDESK_OUTGOING_PORTS", [80, 443, 8080, 8443])
# Pictures of others that one reader may make us fetch in a minute; 0 = no limit.
LIMIT_PICTURES = environment.number("CSDESK_LIMIT_PICTURES", 60)
# What is kept of them for a day, in all.
PICTURE_CACHE_MB = environment.number("CSDESK_PICTURE_CACHE_MB", 500)

# --- The bot ---------------------------------------------------------------------------------

# Where each machine unpacks what the bot has learnt; can be made again from the database at any time.
BOT_FOLDER = environment.text("CSDESK_BOT_FOLDER", str(DATA / "bot"))
# A folder with a sentence encoder (model.onnx, tokenizer.json) that all machines have; empty: none.
BOT_ENCODER = environment.text("CSDESK_BOT_ENCODER")

# --- Mail ------------------------------------------------------------------------------------

EMAIL_HOST = environment.text("EMAIL_HOST", "localhost")
EMAIL_PORT = environment.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM", f"csdesk@{_base.hostname}")
if DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA / "mail"

# --- SMS (T-6) ----------------------------------------------------------------------------------

# The class that sends codes to phones, as a dotted path; empty: signing in by phone is not offered.
SMS_BACKEND = environment.text("CSDESK_SMS_BACKEND", "apps.team.sms.FileBackend" if DEMO else "")
SMS_FILE_PATH = DATA / "sms"
# For apps.team.sms.HttpBackend: where to POST, what stands in `Authorization`, and the JSON that is sent.
SMS_URL = environment.text("CSDESK_SMS_URL")
SMS_AUTHORIZATION = environment.text("CSDESK_SMS_AUTHORIZATION")
SMS_BODY = environment.text("CSDESK_SMS_BODY", '{"to": "${to}", "text": "${text}"}')
# The country of numbers typed without one.
PHONE_COUNTRY = str(environment.number("CSDESK_PHONE_COUNTRY", 86))
# Codes: per number and day, per client address and hour, in all per day; 0 = no limit.
LIMIT_SMS_NUMBER = environment.number("CSDESK_LIMIT_SMS_NUMBER", 10)
LIMIT_SMS_ADDRESS = environment.number("CSDESK_LIMIT_SMS_ADDRESS", 20)
LIMIT_SMS_TOTAL = environment.number("CSDESK_LIMIT_SMS_TOTAL", 1000)

# --- Logs ------------------------------------------------------------------------------------

LOGGING_CONFIG = "csdesk.logging.configure"
LOGGING = logging.config(
    level=environment.text("CSDESK_LOG_LEVEL", "INFO").upper(),
    style=environment.text("CSDESK_LOG_STYLE", "text" if DEMO else "json"),
)
