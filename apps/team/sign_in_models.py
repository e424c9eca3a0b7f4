"""Tables of signing in: codes sent by SMS, and addresses that sign in once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from csdesk import clock


class PhoneCode(models.Model):
    """One code asked for by SMS (T-6), also for numbers that nobody has bound: then it is never sent.

    The code itself is made by whoever sends it and kept as a keyed hash; the number only as long as it
    is needed to bind it. Rows are purged after two days, until then they are what the limits count.
    """

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in"
        BIND = "bind"

    purpose = models.CharField(max_length=8, choices=Purpose)
    # Keyed hash of the number, by which its codes are counted.
    number_hash = models.CharField(max_length=64)
    number = models.CharField(max_length=16, blank=True)
    member = models.ForeignKey("team.Member", models.CASCADE, null=True, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    language = models.CharField(max_length=10, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["number_hash", "made_at"], name="phone_code_of_number"),
            models.Index(fields=["address", "made_at"], name="phone_code_from_address"),
            models.Index(fields=["made_at"], name="phone_code_at"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"


class SignInLink(models.Model):
    """An address that signs one member in once (X-8): only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey("team.Member", models.CASCADE, related_name="+")
    # Who made it: a member in the console, or an API credential by its id.
    made_by = models.ForeignKey("team.Member", models.SET_NULL, null=True, related_name="+")
    credential_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["member"], condition=Q(used_at__isnull=True), name="sign_in_link_of_member")
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.pk}"
