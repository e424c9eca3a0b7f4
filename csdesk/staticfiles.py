"""Static files in production: hashed names, compressed, imports of modules followed."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # A file is hashed after the files it imports: one pass per step of the longest chain.
    max_post_process_passes = 30
