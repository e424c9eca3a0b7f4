"""Celery's connection to Redis, in a hurry to come back.

Kombu waits up to 30 s between two tries; a time-out that was due while Redis was away would
fire that much later. The sweep has to run within seconds of its return.
"""

from celery.app.amqp import AMQP
from kombu import Connection

FIRST, STEP, LONGEST = 0.2, 0.4, 2.0  # seconds


class HastyConnection(Connection):
    def _ensure_connection(self, errback=None, max_retries=None, *args: object, **options: object) -> object:
        options |= {"interval_start": FIRST, "interval_step": STEP, "interval_max": LONGEST}
        return super()._ensure_connection(errback, max_retries, **options)


class HastyAMQP(AMQP):
    Connection = HastyConnection
    BrokerConnection = HastyConnection
