from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower, Trim

DEMO = ("super", "admin", "lead", "agent1", "agent2", "agent3")


def make_fit(apps, schema_editor):
    """Mark the accounts of the demo, and let existing rows keep what is checked from now on."""
    member, group = apps.get_model("team", "Member"), apps.get_model("team", "SkillGroup")
    member.objects.filter(account__in=[f"{name}@example.com" for name in DEMO]).update(is_demo=True)
    member.objects.filter(session_limit=0).update(session_limit=None)
    member.objects.filter(session_limit__gt=100).update(session_limit=100)
    taken = set()
    for one in group.objects.order_by("pk"):
        if one.name.strip().lower() in taken:
            number = f" {one.pk}"
            one.name = one.name.strip()[: 60 - len(number)] + number
            one.save(update_fields=["name"])
        taken.add(one.name.strip().lower())


class Migration(migrations.Migration):
    dependencies = [("team", "0001_initial")]

    operations = [
        migrations.AddField("member", "is_demo", models.BooleanField(default=False, editable=False)),
        migrations.AddField("skillgroup", "deleted_at", models.DateTimeField(editable=False, null=True)),
        migrations.AlterField("skillgroup", "name", models.CharField(max_length=60, verbose_name="name")),
        migrations.RunPython(make_fit, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "member",
            models.CheckConstraint(
                condition=Q(session_limit__isnull=True) | Q(session_limit__gte=1, session_limit__lte=100),
                name="member_session_limit_1_to_100",
            ),
        ),
        migrations.AddConstraint(
            "skillgroup",
            models.UniqueConstraint(
                Lower(Trim("name")), condition=Q(deleted_at__isnull=True), name="group_name_once"
            ),
        ),
    ]
