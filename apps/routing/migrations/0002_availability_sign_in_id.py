from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="availability",
            name="sign_in_id",
            field=models.UUIDField(null=True),
        ),
    ]
