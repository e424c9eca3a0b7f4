"""The bot is switched on and off by channel, too (B-11)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service_sessions", "0005_remote_pictures")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="has_bot",
            field=models.BooleanField(db_default=True, default=True, verbose_name="bot answers"),
        ),
    ]
