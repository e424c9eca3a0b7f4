"""Customers, and where they come from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csdesk import clock
from csdesk.ids import uuid7

# The default of the database for a column of JSON: rows made by plain SQL have one too.
EMPTY = models.Value({}, output_field=models.JSONField())


class ChannelKind(models.TextChoices):
    WEBSITE = "website", _("Web (H5)")
    APP = "app", _("App / client")


class Channel(models.Model):
    """Where customers come from: a website or an app's service account."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=ChannelKind, default=ChannelKind.WEBSITE)
    name = models.CharField(_("service name"), max_length=60)
    avatar = models.CharField(_("avatar address"), max_length=200, blank=True)
    account_id = models.CharField(_("service account"), max_length=64, blank=True)
    allowed_sites = ArrayField(
        models.CharField(max_length=255),
        verbose_name=_("allowed sites"),
        default=list,
        blank=True,
        help_text=_("Origins that may show the window or connect, such as https://shop.example.com"),
    )
    colour = models.CharField(_("colour"), max_length=7, default="#0b6883")
    position = models.CharField(
        _("position"),
        max_length=5,
        choices=[("right", _("Right")), ("left", _("Left"))],
        default="right",
    )
    greeting = models.CharField(_("greeting beside the launcher"), max_length=120, blank=True)
    launcher = models.CharField(
        _("icon of the launcher"),
        max_length=8,
        choices=[
            ("chat", _("Chat")),
            ("question", _("Question")),
            ("headset", _("Headset")),
            ("heart", _("Heart")),
        ],
        default="chat",
        db_default="chat",
    )
    # What `userSig`s are made with, sealed (`signing_secrets`): the one in use, and the former one while
    # signatures made with it still count.
    secret_1 = models.TextField(blank=True, editable=False, default="", db_default="")
    secret_2 = models.TextField(blank=True, editable=False, default="", db_default="")
    is_active = models.BooleanField(_("active"), default=True)
    has_bot = models.BooleanField(_("bot answers"), default=True, db_default=True)
    # What is asked before the first word, and the consent (V-4), as `sessions.pre_chat` keeps it.
    pre_chat = models.JSONField(default=dict, blank=True, editable=False, db_default=EMPTY)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=~Q(account_id=""), name="channel_account_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """The person who asks. A visitor is a customer whose identity nobody has verified."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    user_id = models.CharField(_("user ID"), max_length=64, blank=True)
    visitor_no = models.PositiveIntegerField(_("visitor number"))
    name = models.CharField(_("nickname"), max_length=60, blank=True)
    avatar = models.CharField(_("avatar"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    remark = models.TextField(_("remark"), blank=True)
    source = models.ForeignKey(Channel, models.PROTECT, related_name="+", verbose_name=_("source"))
    language = models.CharField(max_length=10, blank=True)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    page = models.CharField(max_length=500, blank=True)
    referrer = models.CharField(max_length=500, blank=True)
    client_data = models.JSONField(default=dict, blank=True)
    # What the team notes by name: plain text by a plain name.
    attributes = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, output_field=models.JSONField())
    )
    # Name, avatar and client data were told by the page, and nobody has verified them.
    profile_is_claimed = models.BooleanField(default=False, db_default=False)
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints = [
            models.UniqueConstraint(
                fields=["user_id"], condition=~Q(user_id=""), name="customer_user_id_once"
            ),
        ]
        # Beside them stand two over the pieces of names and contacts, made in SQL (0011_customer_search).
        indexes = [
            models.Index(fields=["-last_seen_at", "-id"], name="customers_by_last_visit"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="customers_by_phone"),
            models.Index(Upper("email"), name="customers_by_email"),
        ]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name, else 访客_#### / Visitor_#### in the reader's language (S-12)."""
        return self.name or gettext("Visitor_%(number)04d") % {"number": self.visitor_no}


class VisitorToken(models.Model):
    """What a customer's browser holds (X-3); only its hash is kept.

    `visitor_id` becomes the customer's id with the first session: a look at the window
    leaves no customer behind (X-2).
    """

    hash = models.CharField(max_length=64, primary_key=True)
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="tokens")
    visitor_id = models.UUIDField(default=uuid7)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    # Set when renewed: the old one works 60 s more.
    renewed_at = models.DateTimeField(null=True)
    # Of a known user: who signed in, the end of the signature, which no renewal passes, and what the
    # page told of them, for the customer to be made with the first session.
    user_id = models.CharField(max_length=64, blank=True, default="", db_default="")
    signed_until = models.DateTimeField(null=True)
    profile = models.JSONField(null=True)
    # What the visitor has answered before the first word, and when they have agreed (V-4).
    pre_chat = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["visitor_id"], name="tokens_of_visitor"),
            models.Index(fields=["expires_at"], name="tokens_by_end"),
            models.Index(fields=["user_id"], condition=~Q(user_id=""), name="tokens_of_user"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.visitor_id}"
