"""Settings of the tests: the product's own, on throw-away servers and folders.

`DATABASE_URL` and `REDIS_URL` of the environment are used when they are set; else the tests bring
embedded servers of their own (tests/servers.py starts them).
"""

import os

from tests.servers import servers

os.environ |= servers.environment()

from csdesk.settings import *  # noqa: F403 - all of them

# Signing in hundreds of times must not take minutes; the product's processes can check these hashes too.
PASSWORD_HASHERS = ["tests.passwords.QuickHasher"]
