"""Static files in production: hashed names, slim, compressed, imports of modules followed."""

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from re import Match

import minify
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_COMMENTS = ("//", "/*", "*")
_KINDS = {".js": "application/javascript", ".css": "text/css"}


def slim(name: str, text: str) -> str:
    """A script or style sheet as browsers need it, without comments and long names of its own."""
    return minify.string(_KINDS[PurePosixPath(name).suffix], text)


def is_ours(name: str) -> bool:
    """Whether a static file is one of this project's own, not of a package."""
    return any((Path(folder) / PurePosixPath(name)).is_file() for folder in settings.STATICFILES_DIRS)


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # A file is hashed after the files it imports: one pass per step of the longest chain.
    max_post_process_passes = 30

    def _save(self, name: str, content: File) -> str:
        if PurePosixPath(name).suffix in _KINDS and is_ours(name):
            content = ContentFile(slim(name, content.read().decode()).encode())
        return super()._save(name, content)

    def post_process(self, paths: dict, dry_run: bool = False, **options: object) -> Iterator[tuple]:
        """Of the copies made by `_save`, not of the sources."""
        yield from super().post_process({name: (self, name) for name in paths}, dry_run, **options)

    def url_converter(self, *args: object, **kwargs: object) -> Callable[[Match], str]:
        """Django's, but imports in comments stay as they are.

        An example of its own use, or a type named as `import("./other.js").Thing`, would lead the
        hashing round in circles.
        """
        convert = super().url_converter(*args, **kwargs)

        def unless_comment(found: Match) -> str:
            line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
            return found["matched"] if line.lstrip().startswith(_COMMENTS) else convert(found)

        return unless_comment
