from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The trail is long and written all the time.
    atomic = False

    dependencies = [("team", "0006_signing_in")]

    operations = [
        migrations.CreateModel(
            name="SignInEntry",
            fields=[],
            options={
                "verbose_name": "sign-in",
                "verbose_name_plural": "sign-ins",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("team.trailentry",),
        ),
        AddIndexConcurrently(
            model_name="trailentry",
            index=models.Index(
                fields=["-number"],
                condition=models.Q(("action__startswith", "sign_in.")),
                name="trail_of_sign_ins",
            ),
        ),
    ]
