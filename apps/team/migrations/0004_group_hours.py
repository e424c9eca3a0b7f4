"""Groups may have working hours of their own (R-16)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("team", "0003_grants")]

    operations = [
        migrations.AddField(
            model_name="skillgroup",
            name="hours",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
