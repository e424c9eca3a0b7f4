"""Settings of the tests: the product's own, on throw-away servers and folders.

`DATABASE_URL` and `REDIS_URL` of the environment are used when they are set; else the tests bring
embedded servers of their own (tests/servers.py starts them).
"""

import os

from csdesk import words
from tests.servers import servers

os.environ |= servers.environment()

from csdesk.settings import *  # noqa: F403 - all of them
from csdesk.settings import BASE_DIR

# Before anything asks for a word: a language read without its file stays without it.
words.compile_all(BASE_DIR)

# Threads keep no connection from one test to the next.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405

# Signing in hundreds of times must not take minutes; the product's processes can check these hashes too.
PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]
