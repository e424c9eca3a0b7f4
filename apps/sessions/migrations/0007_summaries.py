"""The summary of a service record, and the tree of what sessions are about (S-15, D-7)."""

import django.db.models.deletion
import django.db.models.functions
from django.conf import settings
from django.db import migrations, models

import csdesk.clock


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("service_sessions", "0006_channel_has_bot"),
    ]

    operations = [
        migrations.CreateModel(
            name="SummaryCategory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name of the category")),
                ("position", models.PositiveIntegerField(default=0, verbose_name="position")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="service_sessions.summarycategory",
                        verbose_name="within",
                    ),
                ),
            ],
            options={
                "verbose_name": "summary category",
                "verbose_name_plural": "summary categories",
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        "parent",
                        django.db.models.functions.Lower("name"),
                        name="summary_category_name_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WrapUp",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_resolved", models.BooleanField(null=True, verbose_name="resolved")),
                ("remark", models.TextField(blank=True, max_length=1000, verbose_name="remark")),
                (
                    "at",
                    models.DateTimeField(default=csdesk.clock.now, null=True, verbose_name="time"),
                ),
                (
                    "category",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wrap_ups",
                        to="service_sessions.summarycategory",
                        verbose_name="category",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="wrap_ups",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="member",
                    ),
                ),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="wrap_up",
                        to="service_sessions.servicerecord",
                    ),
                ),
            ],
            options={
                "verbose_name": "wrap-up",
                "verbose_name_plural": "wrap-ups",
                "indexes": [
                    models.Index(
                        condition=models.Q(("at__isnull", True)), fields=["member"], name="wrap_ups_owed"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("at__isnull", False),
                            models.Q(
                                ("category__isnull", True), ("is_resolved__isnull", True), ("remark", "")
                            ),
                            _connector="OR",
                        ),
                        name="wrap_up_owed_is_empty",
                    )
                ],
            },
        ),
    ]
