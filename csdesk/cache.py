"""Django's cache on Redis; while Redis is away each process counts for itself (X-2)."""

import logging
import time
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
REST = 1.0  # seconds before Redis is tried again, so that an outage does not slow each call


class RedisOrMemoryCache(BaseCache):
    """Every call goes to Redis, or to this process's memory while Redis does not answer."""

    def __init__(self, location: str, params: dict) -> None:
        super().__init__(params)
        options = {"socket_connect_timeout": 1, "socket_timeout": 1, **params.get("OPTIONS", {})}
        self._redis = RedisCache(location, {**params, "OPTIONS": options})
        self._memory = LocMemCache("csdesk-fallback", params)
        self._resting_until = 0.0

    def _call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._resting_until:
            try:
                return getattr(self._redis, name)(*args, **kwargs)
            except RedisError as error:
                self._resting_until = time.monotonic() + REST
                logger.warning("cache: Redis does not answer, counting in memory: %s", error)
        return getattr(self._memory, name)(*args, **kwargs)


def _forward(name: str) -> Any:
    def call(self: RedisOrMemoryCache, *args: Any, **kwargs: Any) -> Any:
        return self._call(name, *args, **kwargs)

    call.__name__ = name
    return call


for _name in (
    "add",
    "get",
    "set",
    "touch",
    "delete",
    "get_many",
    "set_many",
    "delete_many",
    "has_key",
    "incr",
    "clear",
):
    setattr(RedisOrMemoryCache, _name, _forward(_name))
