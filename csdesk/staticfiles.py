"""Static files in production: hashed names, compressed, imports of modules followed."""

from collections.abc import Callable
from re import Match

from whitenoise.storage import CompressedManifestStaticFilesStorage

_COMMENTS = ("//", "/*", "*")


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # A file is hashed after the files it imports: one pass per step of the longest chain.
    max_post_process_passes = 30

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
