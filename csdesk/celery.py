"""Celery: jobs on queue `celery` (worker), the sweep on queue `clock` (a worker of its own)."""

import os
import warnings

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csdesk.settings")

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

try:
    is_demo = settings.DEMO
except ImproperlyConfigured as problem:
    raise SystemExit(f"csdesk: {problem}") from None

if is_demo:
    # A demo in a container runs as root; Celery would say so at every start.
    warnings.filterwarnings("ignore", message=".*superuser privileges")

# A job under way when Redis goes is finished: Redis may come back without the job.
warnings.filterwarnings("ignore", message="(?s).*an optional breaking change which.*connection loss")

app = Celery("csdesk", amqp="csdesk.broker:HastyAMQP")
app.conf.update(
    # Celery has a name of its own for Redis on a socket.
    broker_url=settings.REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host="),
    # Nobody waits for results: what a job did stands in the database.
    task_ignore_result=True,
    task_default_queue="celery",
    task_routes={"routing.tasks.sweep": {"queue": "clock"}},
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=1800,
    task_soft_time_limit=1740,
    worker_prefetch_multiplier=1,
    # Learning a large library takes much memory, which Python keeps: the process ends after such a job (kB).
    worker_max_memory_per_child=600_000,
    worker_hijack_root_logger=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_connection_retry=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # Longer than the longest job, else Redis would hand it out a second time.
        "visibility_timeout": 3600,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 5,
        "retry_on_timeout": True,
    },
    timezone=settings.TIME_ZONE,
    beat_schedule={
        "sweep": {
            "task": "routing.tasks.sweep",
            "schedule": 1.0,
            # A tick that waited is worth nothing: the next one does its work.
            "options": {"queue": "clock", "expires": 1},
        },
        "purge": {"task": "routing.tasks.purge", "schedule": crontab(hour=3, minute=40)},
        "purge_sign_ins": {"task": "team.tasks.purge_sign_ins", "schedule": crontab(hour=3, minute=50)},
        "purge_uploads": {"task": "routing.tasks.purge_uploads", "schedule": crontab(minute="*/15")},
        "purge_files": {"task": "chatbot.tasks.purge_files", "schedule": crontab(minute=7)},
        "purge_team_files": {"task": "team.tasks.purge_files", "schedule": crontab(minute=8)},
        "send_passwords": {"task": "team.tasks.send_passwords", "schedule": 60.0, "options": {"expires": 55}},
    },
    beat_max_loop_interval=1,
)
app.autodiscover_tasks()
