"""What members keep about service records for themselves."""

from django.db import models

from apps.sessions.models import ServiceRecord
from apps.team.models import Member
from csdesk import clock


class Star(models.Model):
    """A record that a member has marked to find it again; nobody else sees it (C-5)."""

    pk = models.CompositePrimaryKey("member_id", "record_id")
    member = models.ForeignKey(Member, models.CASCADE, related_name="stars", db_index=False)
    # Indexed for its own deletion.
    record = models.ForeignKey(ServiceRecord, models.CASCADE, related_name="stars")
    starred_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.member_id} {self.record_id}"
