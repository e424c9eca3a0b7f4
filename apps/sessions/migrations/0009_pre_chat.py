"""What a channel asks before the first word, what a visitor has answered, and where the flow waits (V-4, R-5)."""

from django.db import migrations, models

EMPTY = models.Value({}, output_field=models.JSONField())


class Migration(migrations.Migration):
    dependencies = [("service_sessions", "0008_labels")]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="pre_chat",
            field=models.JSONField(blank=True, db_default=EMPTY, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="visitortoken",
            name="pre_chat",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="chatsession",
            name="flow_place",
            field=models.JSONField(db_default=EMPTY, default=dict),
        ),
    ]
