"""Is there anything to prepare? Lets a second start skip a whole Django start."""

import hashlib
from pathlib import Path


class Prepared:
    """A fingerprint of all that `manage.py prepare` depends on, kept in the data folder."""

    def __init__(self, root: Path, data: Path, env: dict[str, str]) -> None:
        self.root = root
        self.data = data
        self.env = env
        self.file = data / "prepared.txt"

    def is_current(self) -> bool:
        try:
            return self.file.read_text() == self._fingerprint()
        except OSError:
            return False

    def remember(self) -> None:
        self.file.write_text(self._fingerprint())

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in ("DATABASE_URL", "CSDESK_DEMO", "CSDESK_DEMO_PASSWORD"):
            digest.update(f"{name}={self.env.get(name, '')}\n".encode())
        if self.env.get("CSDESK_DEMO") != "1":
            self._add(digest, "static", "*")
        self._add(digest, "apps", "migrations/*.py")
        self._add(digest, "csdesk", "demo*")
        self._add(digest, "apps/chatbot", "presets/*")
        self._add(digest, "requirements", "base.txt")
        for folder in ("apps", "csdesk"):
            self._add(digest, folder, "*.po")
            # A .mo that was removed must be made again.
            digest.update(str(sum(1 for _ in (self.root / folder).rglob("*.mo"))).encode())
        # Another cluster, another database: its folder's identity is part of it.
        version = self.data / "postgres" / "PG_VERSION"
        digest.update(str(version.stat().st_ino if version.exists() else 0).encode())
        return digest.hexdigest()

    def _add(self, digest: "hashlib._Hash", folder: str, pattern: str) -> None:
        for file in sorted((self.root / folder).rglob(pattern)):
            if file.is_file():
                facts = file.stat()
                digest.update(f"{file.relative_to(self.root)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
