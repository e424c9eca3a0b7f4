"""Pictures of others that were fetched and made anew (X-11)."""

from django.db import migrations, models

import csdesk.clock


class Migration(migrations.Migration):
    dependencies = [("service_sessions", "0004_tokens_of_user")]

    operations = [
        migrations.CreateModel(
            name="RemotePicture",
            fields=[
                ("address_hash", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("stored", models.FileField(max_length=200, upload_to="")),
                ("mime", models.CharField(max_length=40)),
                ("size", models.PositiveIntegerField()),
                ("fetched_at", models.DateTimeField(default=csdesk.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["fetched_at"], name="remote_pictures_by_age")],
            },
        ),
    ]
