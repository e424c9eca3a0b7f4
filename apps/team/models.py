"""Who works here: members, groups, the settings of the business and the one trail."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext_lazy as _

from apps.team.credential_models import ApiCredential, DuePassword  # noqa: F401 - tables of this app
from apps.team.grant_models import Grant  # noqa: F401 - a table of this app
from apps.team.job_models import FileJob  # noqa: F401 - a table of this app
from apps.team.sign_in_models import PhoneCode, SignInLink  # noqa: F401 - tables of this app
from csdesk import clock


class Role(models.TextChoices):
    """What a member may do (T-1); the table of abilities is in `abilities.py`."""

    SUPER = "super", _("Super administrator")
    ADMINISTRATOR = "administrator", _("Administrator")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")


class MemberManager(BaseUserManager["Member"]):
    def get_by_natural_key(self, account: str) -> Member:
        """The member, not deleted, with this account in any case of letters."""
        return self.get(account__iexact=account, deleted_at__isnull=True)

    def present(self) -> models.QuerySet[Member]:
        """Members who have not been deleted."""
        return self.filter(deleted_at__isnull=True)


class Member(AbstractBaseUser):
    """A person of the business's team, and the user who signs in."""

    account = models.CharField(_("account"), max_length=254)
    email = models.EmailField(_("e-mail"))
    nickname = models.CharField(_("nickname"), max_length=60)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.AGENT)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    # The number (E.164) that a code has shown to be the member's: it signs in (T-6).
    bound_phone = models.CharField(max_length=16, blank=True, db_default="", default="", editable=False)
    # After the first sign-in, until they have bound a number or passed it over.
    asks_for_phone = models.BooleanField(db_default=False, default=False, editable=False)
    staff_no = models.CharField(_("staff number"), max_length=16, unique=True)
    avatar = models.CharField(_("avatar"), max_length=200, blank=True)
    serves = models.BooleanField(_("serves customers"), default=True)
    session_limit = models.PositiveSmallIntegerField(
        _("sessions at once"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    # Made by the demo, with a password that is known: may sign in nowhere else.
    is_demo = models.BooleanField(default=False, editable=False)
    # The one sign-in that counts (T-7); every other browser session of the member is signed out.
    sign_in_id = models.UUIDField(null=True, editable=False)
    forced_offline_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    groups = models.ManyToManyField("team.SkillGroup", through="team.Membership", related_name="members")

    objects = MemberManager()

    USERNAME_FIELD = "account"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email", "nickname"]

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                Lower("account"), condition=Q(deleted_at__isnull=True), name="member_account_once"
            ),
            models.UniqueConstraint(
                Lower("email"), condition=Q(deleted_at__isnull=True), name="member_email_once"
            ),
            models.UniqueConstraint(
                fields=["role"],
                condition=Q(role="super", deleted_at__isnull=True),
                name="member_one_super_administrator",
            ),
            models.UniqueConstraint(
                fields=["bound_phone"],
                condition=~Q(bound_phone="") & Q(deleted_at__isnull=True),
                name="member_bound_phone_once",
            ),
            models.CheckConstraint(
                condition=Q(session_limit__isnull=True) | Q(session_limit__gte=1, session_limit__lte=100),
                name="member_session_limit_1_to_100",
            ),
        ]

    def __str__(self) -> str:
        return self.nickname

    @property
    def is_active(self) -> bool:
        """May sign in: neither deleted nor forced offline (T-4), and no demo account elsewhere (X-6)."""
        return self.deleted_at is None and self.forced_offline_at is None and not self.is_foreign_demo

    @property
    def is_foreign_demo(self) -> bool:
        """An account of the demo in a deployment that is none."""
        return self.is_demo and not settings.DEMO

    @property
    def is_administrator(self) -> bool:
        return self.role in (Role.SUPER, Role.ADMINISTRATOR)


class Reception(models.TextChoices):
    """How an assigned session reaches the agent (R-9)."""

    AUTOMATIC = "automatic", _("Automatic")
    MANUAL = "manual", _("Manual")


class Strategy(models.TextChoices):
    """Who of a group's agents gets a session (R-5), among those of the same priority."""

    LONGEST_IDLE = "longest_idle", _("Who has gone longest without being given a session")
    LEAST_BUSY = "least_busy", _("Who has the most room: fewest sessions for their limit")
    ROUND_ROBIN = "round_robin", _("In turn within the group")
    FAMILIAR = "familiar", _("Who served the customer last, else who has gone longest without one")


class SkillGroupManager(models.Manager["SkillGroup"]):
    def present(self) -> models.QuerySet[SkillGroup]:
        """Groups that have not been deleted."""
        return self.filter(deleted_at__isnull=True)


class SkillGroup(models.Model):
    """Members who serve one kind of request. Empty settings fall back to the global ones.

    A deleted group stays for the records that name it and for those who supervised it (T-5).
    """

    name = models.CharField(_("name"), max_length=60)
    strategy = models.CharField(
        _("who gets a session"),
        max_length=12,
        choices=Strategy,
        default=Strategy.LONGEST_IDLE,
        db_default=Strategy.LONGEST_IDLE,
    )
    reception = models.CharField(_("reception"), max_length=10, choices=Reception, blank=True)
    accept_seconds = models.PositiveIntegerField(_("accept time-out in seconds"), null=True, blank=True)
    rest_after_missed = models.BooleanField(_("break after a missed offer"), null=True, blank=True)
    # The limit of one member through this group, and the cap of the group as a whole.
    member_limit = models.PositiveSmallIntegerField(_("sessions at once per member"), null=True, blank=True)
    session_cap = models.PositiveIntegerField(_("sessions at once in the group"), null=True, blank=True)
    queue_limit = models.PositiveIntegerField(_("queue length limit"), null=True, blank=True)
    wait_seconds = models.PositiveIntegerField(_("waiting limit in seconds"), null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # Its own working hours as `routing.hours` keeps them; empty: those for all groups.
    hours = models.JSONField(null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = SkillGroupManager()

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower(Trim("name")),
                condition=Q(deleted_at__isnull=True),
                name="group_name_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A member in a group, with the priority in which they are chosen (1 first … 5)."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships", verbose_name=_("member"))
    group = models.ForeignKey(SkillGroup, models.CASCADE, related_name="memberships", verbose_name=_("group"))
    priority = models.PositiveSmallIntegerField(_("priority"), default=3)
    supervises = models.BooleanField(_("supervises"), default=False)
    # When they were last given a session of this group: whose turn it is.
    last_given_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["member", "group"], name="membership_once"),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=5), name="membership_priority_1_to_5"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.group}"


class SettingsVersion(models.Model):
    """One saved state of one section of the settings of the business; the newest version counts."""

    section = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    values = models.JSONField()
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["section", "version"], name="settings_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.version}"


class TrailEntry(models.Model):
    """One entry of the trail (X-14): numbered without holes, each sealed over the one before."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    # Plain ids, so that the trail outlives what it speaks of.
    member_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    # Keyed hash of the personal details, which stand in an erasable row beside (TrailDetail).
    detail_hash = models.CharField(max_length=64, blank=True)
    key_id = models.CharField(max_length=16)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("access log entry")
        verbose_name_plural = _("access log")
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="trail_of_object"),
            models.Index(fields=["member_id", "at"], name="trail_of_member"),
            # Sign-ins are few among what is viewed and changed.
            models.Index(
                fields=["-number"], condition=Q(action__startswith="sign_in."), name="trail_of_sign_ins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"


class SignInEntry(TrailEntry):
    """An entry of the trail that is about signing in (T-8)."""

    class Meta:
        proxy = True
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")


class TrailDetail(models.Model):
    """The personal side of a trail entry: who by name, from which address, what. May be erased."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    entry = models.OneToOneField(TrailEntry, models.DO_NOTHING, related_name="detail")
    salt = models.CharField(max_length=32)
    member_name = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=45, blank=True)
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.entry_id} {self.member_name}"
