"""The tokens of a known user who has no customer yet, found without reading all of them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside a running service, which no transaction allows.
    atomic = False

    dependencies = [("service_sessions", "0003_known_users")]

    operations = [
        AddIndexConcurrently(
            model_name="visitortoken",
            index=models.Index(fields=["user_id"], condition=~models.Q(user_id=""), name="tokens_of_user"),
        ),
    ]
