from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="last_given_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="skillgroup",
            name="strategy",
            field=models.CharField(
                choices=[
                    ("longest_idle", "Who has gone longest without being given a session"),
                    ("least_busy", "Who has the most room: fewest sessions for their limit"),
                    ("round_robin", "In turn within the group"),
                    ("familiar", "Who served the customer last, else who has gone longest without one"),
                ],
                db_default="longest_idle",
                default="longest_idle",
                max_length=12,
                verbose_name="who gets a session",
            ),
        ),
    ]
