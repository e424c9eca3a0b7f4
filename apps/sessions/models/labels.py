"""Tags on customers and sessions (S-15), and who is not served (S-14)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.sessions.models.people import Customer
from apps.sessions.models.sessions import ChatSession
from apps.team.models import Member
from csdesk import clock


class TagColour(models.TextChoices):
    """The five tones of the screens; which colour each is depends on the theme."""

    TEAL = "tone-1", _("Teal")
    AMBER = "tone-2", _("Amber")
    PLUM = "tone-3", _("Plum")
    GREEN = "tone-4", _("Green")
    GREY = "tone-5", _("Grey")


class Tag(models.Model):
    """A word to find customers and sessions by: one list for both."""

    name = models.CharField(_("name"), max_length=30)
    colour = models.CharField(_("colour"), max_length=8, choices=TagColour, default=TagColour.TEAL)
    # One that is not offered any more stays where it was put.
    is_active = models.BooleanField(_("offered"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class CustomerTag(models.Model):
    """A tag on a customer; without a member it was put there by the system."""

    # `customer_tag_once` begins with it.
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="labels", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="customer_labels", db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customer_tag_once")]
        indexes = [models.Index(fields=["tag", "customer"], name="customers_of_tag")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.tag_id}"


class SessionTag(models.Model):
    """A tag on a session; without a member it was put there by the system."""

    # `session_tag_once` begins with it.
    session = models.ForeignKey(ChatSession, models.CASCADE, related_name="labels", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="session_labels", db_index=False)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "tag"], name="session_tag_once")]
        indexes = [models.Index(fields=["tag", "session"], name="sessions_of_tag")]

    def __str__(self) -> str:
        return f"{self.session_id} {self.tag_id}"


class BlacklistState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("state on the blacklist", "Proposed")
    ACTIVE = "active", pgettext_lazy("state on the blacklist", "In force")
    DECLINED = "declined", pgettext_lazy("state on the blacklist", "Declined")
    LIFTED = "lifted", pgettext_lazy("state on the blacklist", "Lifted")


_OPEN = Q(state__in=["proposed", "active"])


class BlacklistEntry(models.Model):
    """Who is not served: a customer, a user ID, or an address, alone or as a network (S-14).

    In force while `active` and before `until`; the end needs no job.
    """

    # Exactly one of the three says whom it is about.
    customer = models.ForeignKey(
        Customer, models.CASCADE, null=True, related_name="blacklisted", verbose_name=_("customer")
    )
    user_id = models.CharField(_("user ID"), max_length=64, blank=True)
    # As `ipaddress` writes it, with its length: 203.0.113.7/32, 2001:db8::/48.
    network = models.CharField(_("address"), max_length=43, blank=True)

    state = models.CharField(_("state"), max_length=8, choices=BlacklistState)
    reason = models.CharField(_("reason"), max_length=300)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    added_by = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added"), default=clock.now)
    # Who put it in force or declined it, and who lifted it.
    decided_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("blacklist entry")
        verbose_name_plural = _("blacklist")
        constraints = [
            models.CheckConstraint(
                condition=Q(customer__isnull=False, user_id="", network="")
                | (Q(customer__isnull=True, network="") & ~Q(user_id=""))
                | (Q(customer__isnull=True, user_id="") & ~Q(network="")),
                name="blacklist_names_one",
            ),
            models.UniqueConstraint(fields=["customer"], condition=_OPEN, name="blacklist_customer_once"),
            models.UniqueConstraint(
                fields=["user_id"], condition=_OPEN & ~Q(user_id=""), name="blacklist_user_id_once"
            ),
            models.UniqueConstraint(
                fields=["network"], condition=_OPEN & ~Q(network=""), name="blacklist_network_once"
            ),
        ]
        indexes = [models.Index(fields=["state", "-added_at"], name="blacklist_by_state")]

    def __str__(self) -> str:
        return self.user_id or self.network or str(self.customer_id)
