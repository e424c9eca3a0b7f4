import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import csdesk.clock


class Migration(migrations.Migration):
    dependencies = [
        ("team", "0005_credentials"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "purpose",
                    models.CharField(choices=[("sign_in", "Sign In"), ("bind", "Bind")], max_length=8),
                ),
                ("number_hash", models.CharField(max_length=64)),
                ("number", models.CharField(blank=True, max_length=16)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("code_hash", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField(default=csdesk.clock.now)),
                ("sent_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SignInLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("credential_id", models.BigIntegerField(null=True)),
                ("made_at", models.DateTimeField(default=csdesk.clock.now)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="member",
            name="asks_for_phone",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="member",
            name="bound_phone",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=16),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("bound_phone", ""), _negated=True), ("deleted_at__isnull", True)
                ),
                fields=("bound_phone",),
                name="member_bound_phone_once",
            ),
        ),
        migrations.AddField(
            model_name="phonecode",
            name="member",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="signinlink",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="signinlink",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="phonecode",
            index=models.Index(fields=["number_hash", "made_at"], name="phone_code_of_number"),
        ),
        migrations.AddIndex(
            model_name="phonecode",
            index=models.Index(fields=["address", "made_at"], name="phone_code_from_address"),
        ),
        migrations.AddIndex(
            model_name="phonecode",
            index=models.Index(fields=["made_at"], name="phone_code_at"),
        ),
        migrations.AddIndex(
            model_name="signinlink",
            index=models.Index(
                condition=models.Q(("used_at__isnull", True)),
                fields=["member"],
                name="sign_in_link_of_member",
            ),
        ),
    ]
