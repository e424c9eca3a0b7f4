"""Celery's connection to Redis, in a hurry to come back.

Kombu waits up to 30 s between two tries; a time-out that was due while Redis was away would
fire that much later. The sweep has to run within seconds of its return. And a Redis that takes no
writes for a while (full, or a replica in a failover) is a reason to come again, not to end the worker.
"""

from celery.app.amqp import AMQP
from kombu import Connection
from redis.exceptions import OutOfMemoryError, ReadOnlyError

FIRST, STEP, LONGEST = 0.2, 0.4, 2.0  # seconds


class HastyConnection(Connection):
    @property
    def connection_errors(self) -> tuple[type[Exception], ...]:
        return (*super().connection_errors, OutOfMemoryError, ReadOnlyError)

    def _ensure_connection(self, errback=None, max_retries=None, *args: object, **options: object) -> object:
        options |= {"interval_start": FIRST, "interval_step": STEP, "interval_max": LONGEST}
        return super()._ensure_connection(errback, max_retries, **options)


class HastyAMQP(AMQP):
    Connection = HastyConnection
    BrokerConnection = HastyConnection
