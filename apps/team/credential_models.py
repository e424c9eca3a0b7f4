"""The tables of what programs of the business sign in with (T-10), and of passwords that are to be sent."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csdesk import clock


class ApiCredential(models.Model):
    """A pair of SecretId and SecretKey with which a program signs its calls (T-10, X-9).

    It may do what `actions` names, from `networks` (none: from everywhere), until `ends_at`.
    """

    name = models.CharField(_("purpose"), max_length=60)
    secret_id = models.CharField("SecretId", max_length=40, unique=True)
    # Sealed. The former one counts beside the newest until it ends, so that a program can change over.
    secret = models.CharField(max_length=400)
    former_secret = models.CharField(max_length=400, blank=True)
    former_ends_at = models.DateTimeField(null=True)
    actions = ArrayField(models.CharField(max_length=60), verbose_name=_("allowed actions"), default=list)
    networks = ArrayField(
        models.CharField(max_length=50), verbose_name=_("allowed networks"), default=list, blank=True
    )
    manages_administrators = models.BooleanField(_("may act on administrators"), default=False)
    # Those that the public libraries offer beside TC3.
    takes_older_signatures = models.BooleanField(_("takes older signatures"), default=False)
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    disabled_at = models.DateTimeField(null=True)
    made_by = models.ForeignKey("team.Member", models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    rotated_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    used_from = models.CharField(max_length=45, blank=True)

    class Meta:
        verbose_name = _("API credential")
        verbose_name_plural = _("API credentials")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(former_secret="", former_ends_at__isnull=True)
                | (~Q(former_secret="") & Q(former_ends_at__isnull=False)),
                name="credential_former_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DuePassword(models.Model):
    """A member who is to get a password by e-mail: made by whoever sends it, so that none ever waits here."""

    member = models.OneToOneField(
        "team.Member", models.CASCADE, primary_key=True, related_name="due_password"
    )
    asked_at = models.DateTimeField(default=clock.now)
    # Not before this: somebody is at it, or the last try failed.
    due_at = models.DateTimeField(default=clock.now, db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.member_id}"
