"""What a session was about and how it ended, as its agent sums it up (S-15, D-7)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.sessions.models.sessions import ServiceRecord
from apps.team.models import Member
from csdesk import clock

REMARK_LIMIT = 1_000


class SummaryCategory(models.Model):
    """A place in the tree of what sessions are about; one that is not active is offered no more."""

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("within"),
        db_index=False,
    )
    name = models.CharField(_("name of the category"), max_length=60)
    position = models.PositiveIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("summary category")
        verbose_name_plural = _("summary categories")
        ordering = ["position", "id"]
        constraints = [
            # Begins with the parent: it is the index of the children, too.
            models.UniqueConstraint(
                "parent", Lower("name"), nulls_distinct=False, name="summary_category_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WrapUp(models.Model):
    """The summary of one service record. Without `at` it is still owed: the setting asks for it."""

    record = models.OneToOneField(ServiceRecord, models.CASCADE, related_name="wrap_up")
    category = models.ForeignKey(
        SummaryCategory, models.PROTECT, null=True, related_name="wrap_ups", verbose_name=_("category")
    )
    # None: not said.
    is_resolved = models.BooleanField(_("resolved"), null=True)
    remark = models.TextField(_("remark"), max_length=REMARK_LIMIT, blank=True)
    # Who filled it in last; of one that is owed, who has to.
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="wrap_ups", verbose_name=_("member"), db_index=False
    )
    at = models.DateTimeField(_("time"), null=True, default=clock.now)

    class Meta:
        verbose_name = _("wrap-up")
        verbose_name_plural = _("wrap-ups")
        constraints = [
            models.CheckConstraint(
                condition=Q(at__isnull=False) | Q(category__isnull=True, is_resolved__isnull=True, remark=""),
                name="wrap_up_owed_is_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["member"], condition=Q(at__isnull=True), name="wrap_ups_owed"),
        ]

    def __str__(self) -> str:
        return f"{self.record_id} {self.category or '–'}"
