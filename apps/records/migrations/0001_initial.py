"""Stars: records that members have marked for themselves (C-5, D-8)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import csdesk.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("service_sessions", "0005_remote_pictures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Star",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "member_id",
                        "record_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("starred_at", models.DateTimeField(default=csdesk.clock.now)),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stars",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stars",
                        to="service_sessions.servicerecord",
                    ),
                ),
            ],
        ),
    ]
