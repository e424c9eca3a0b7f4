"""An index for the records of one service status; built beside the running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("service_sessions", "0002_last_author_id")]

    operations = [
        AddIndexConcurrently(
            model_name="servicerecord",
            index=models.Index("status", F("started_at").desc(), F("id").desc(), name="record_of_status"),
        ),
    ]
