"""The table of what single members and groups may do beyond their role (T-9)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csdesk import clock


def _ids(name: object) -> ArrayField:
    # Plain ids: channels, tags and categories stand in apps that the team does not know.
    return ArrayField(models.BigIntegerField(), verbose_name=name, default=list, blank=True)


class Grant(models.Model):
    """What one member, or each member of one group, may read and do beyond their role.

    Grants add up, and take nothing away: a record may be read when any of the four lists names it.
    """

    member = models.OneToOneField(
        "team.Member", models.CASCADE, null=True, blank=True, related_name="grant", verbose_name=_("member")
    )
    group = models.OneToOneField(
        "team.SkillGroup",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="grant",
        verbose_name=_("group"),
    )
    channels = _ids(_("channels"))
    groups = _ids(_("groups"))
    tags = _ids(_("tags"))
    categories = _ids(_("summary categories"))
    may_export = models.BooleanField(_("may export records"), default=False)
    may_see_unmasked = models.BooleanField(_("sees phone numbers and e-mails in full"), default=False)
    may_delete = models.BooleanField(_("may delete records"), default=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = [
            models.CheckConstraint(
                condition=Q(member__isnull=False, group__isnull=True)
                | Q(member__isnull=True, group__isnull=False),
                name="grant_of_member_or_group",
            ),
        ]

    def __str__(self) -> str:
        return str(self.member or self.group)
