"""Settings of the business about the blacklist (S-14)."""

import ipaddress
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.team.business import InvalidSetting, Section
from apps.team.setting_fields import choice, lines

# The widest networks that can be one's own: with a wider one nobody could be barred by address.
WIDEST_OWN = {4: 8, 6: 16}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class BlacklistSettings(Section):
    """Who decides, and which addresses are never on it."""

    name: ClassVar[str] = "blacklist"
    title: ClassVar = _("Blacklist")
    help: ClassVar = _(
        "Who may put customers on the blacklist at once; others propose, and somebody decides."
    )
    order: ClassVar[int] = 80

    decides: str = choice(
        "supervisors",
        _("Who decides"),
        [
            ("administrators", _("Administrators")),
            ("supervisors", _("Supervisors and administrators")),
            ("agents", _("Every agent")),
        ],
        _("Everybody else proposes."),
    )
    own_networks: tuple[str, ...] = lines(
        [],
        _("Addresses of one's own"),
        _("Such as 203.0.113.7 or 203.0.113.0/24, one per line: offices that must never be blacklisted."),
        maximum=50,
    )

    def check(self) -> None:
        for line in self.own_networks:
            try:
                network = ipaddress.ip_network(line)
            except ValueError:
                raise InvalidSetting(
                    "own_networks", gettext("“%(line)s” is no address or network.") % {"line": line}
                ) from None
            least = WIDEST_OWN[network.version]
            if network.prefixlen < least:
                words = gettext("“%(line)s” is too wide: /%(least)s at the widest.")
                raise InvalidSetting("own_networks", words % {"line": line, "least": least})

    def networks(self) -> list[Network]:
        return [ipaddress.ip_network(line) for line in self.own_networks]
