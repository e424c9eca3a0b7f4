"""Tags on customers and sessions, the blacklist, attributes of a customer (S-13, S-14, S-15)."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import csdesk.clock


class Migration(migrations.Migration):
    dependencies = [
        ("service_sessions", "0007_summaries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="attributes",
            field=models.JSONField(
                blank=True, db_default=models.Value({}, output_field=models.JSONField()), default=dict
            ),
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=30, verbose_name="name")),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("tone-1", "Teal"),
                            ("tone-2", "Amber"),
                            ("tone-3", "Plum"),
                            ("tone-4", "Green"),
                            ("tone-5", "Grey"),
                        ],
                        default="tone-1",
                        max_length=8,
                        verbose_name="colour",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="offered")),
                ("created_at", models.DateTimeField(default=csdesk.clock.now, editable=False)),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"), name="tag_name_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BlacklistEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_id", models.CharField(blank=True, max_length=64, verbose_name="user ID")),
                ("network", models.CharField(blank=True, max_length=43, verbose_name="address")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("active", "In force"),
                            ("declined", "Declined"),
                            ("lifted", "Lifted"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("until", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("added_at", models.DateTimeField(default=csdesk.clock.now, verbose_name="added")),
                ("decided_at", models.DateTimeField(null=True)),
                ("lifted_at", models.DateTimeField(null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blacklisted",
                        to="service_sessions.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "blacklist entry",
                "verbose_name_plural": "blacklist",
                "indexes": [models.Index(fields=["state", "-added_at"], name="blacklist_by_state")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("customer__isnull", False), ("network", ""), ("user_id", "")),
                            models.Q(
                                ("customer__isnull", True),
                                ("network", ""),
                                models.Q(("user_id", ""), _negated=True),
                            ),
                            models.Q(
                                ("customer__isnull", True),
                                ("user_id", ""),
                                models.Q(("network", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="blacklist_names_one",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["proposed", "active"])),
                        fields=("customer",),
                        name="blacklist_customer_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "active"]), models.Q(("user_id", ""), _negated=True)
                        ),
                        fields=("user_id",),
                        name="blacklist_user_id_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("state__in", ["proposed", "active"]), models.Q(("network", ""), _negated=True)
                        ),
                        fields=("network",),
                        name="blacklist_network_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SessionTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=csdesk.clock.now)),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="service_sessions.chatsession",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="session_labels",
                        to="service_sessions.tag",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tag", "session"], name="sessions_of_tag")],
                "constraints": [models.UniqueConstraint(fields=("session", "tag"), name="session_tag_once")],
            },
        ),
        migrations.CreateModel(
            name="CustomerTag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=csdesk.clock.now)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="service_sessions.customer",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="customer_labels",
                        to="service_sessions.tag",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["tag", "customer"], name="customers_of_tag")],
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "tag"), name="customer_tag_once")
                ],
            },
        ),
    ]
