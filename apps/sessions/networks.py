"""Addresses and networks of the blacklist (S-14): read, compared, and one's own kept off it."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.utils.translation import gettext as _

from apps.sessions.blacklist_settings import BlacklistSettings, Network
from apps.team import business
from apps.team.models import TrailDetail
from csdesk import clock
from csdesk.addresses import plain
from csdesk.errors import Invalid

# The widest networks that can be barred: a wider one is a mistake.
WIDEST = {4: 16, 6: 32}
# What one customer has: an address, or with IPv6 the /64 of their line.
OWN = {4: 32, 6: 64}
# From which no customer comes: this machine, one's own wire, many at once.
_NOBODYS = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "224.0.0.0/4",
        "::/127",
        "fe80::/10",
        "ff00::/8",
    )
]
# IPv4 in the clothes of IPv6: customers' addresses are kept without them.
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
SIGNED_IN_WITHIN = timedelta(days=30)


class InvalidAddress(Invalid):
    """What was typed is no address that can be barred."""


def read(typed: str) -> str:
    """The network of what somebody has typed, such as 203.0.113.7/32; InvalidAddress.

    An IPv6 address alone stands for the /64 around it.
    """
    text = typed.strip()
    try:
        if "/" in text:
            network = ipaddress.ip_network(text, strict=False)
            if network.version == 6 and network.subnet_of(_MAPPED):
                raise InvalidAddress(_("Write a network of IPv4 addresses as IPv4, such as 203.0.113.0/24."))
        else:
            own = plain(text)
            network = ipaddress.ip_network((own, OWN[own.version]), strict=False)
    except ValueError:
        raise InvalidAddress(
            _("Write an address such as 203.0.113.7, or a network such as 203.0.113.0/24.")
        ) from None
    if "/" in text and plain(text.partition("/")[0]) != network.network_address:
        raise InvalidAddress(_("Do you mean the network %(network)s?") % {"network": network})
    if network.prefixlen < WIDEST[network.version]:
        raise InvalidAddress(
            _("This network is too wide: /%(least)s at the widest.") % {"least": WIDEST[network.version]}
        )
    return str(network)


def shown(network: str) -> str:
    """A network as people write it: a single address without its length."""
    return network.removesuffix("/32") if "." in network else network


def around(address: str) -> list[str]:
    """All networks, as they are kept, that an address is within."""
    try:
        own = plain(address)
    except ValueError:
        return []
    longest = own.max_prefixlen
    lengths = range(WIDEST[own.version], longest + 1)
    return [str(ipaddress.ip_network((own, length), strict=False)) for length in lengths]


def edges(network: str) -> tuple[str, str]:
    """The first and the last address: Django has no lookup for networks, these compare like addresses."""
    found = ipaddress.ip_network(network)
    return str(found[0]), str(found[-1])


def is_one_line(network: str) -> bool:
    """Whether a network is what one customer has, and no wider one."""
    found = ipaddress.ip_network(network)
    return found.prefixlen >= OWN[found.version]


def expect_not_ours(network: str, own_address: str) -> None:
    """InvalidAddress for a network with an address of one's own in it, so that nobody shuts out the office.

    Those are the ones of the settings, the acting member's, and all from which members signed in lately.
    """
    wanted = ipaddress.ip_network(network)
    if any(own.version == wanted.version and own.overlaps(wanted) for own in _NOBODYS):
        raise InvalidAddress(_("This is no address that customers come from."))
    for own in business.read(BlacklistSettings).networks():
        if own.version == wanted.version and own.overlaps(wanted):
            raise InvalidAddress(_("%(network)s is one of your own, by the settings.") % {"network": own})
    if _holds(wanted, own_address):
        raise InvalidAddress(_("Your own address is within it."))
    lately = TrailDetail.objects.filter(
        entry__action="sign_in.succeeded", entry__at__gte=clock.now() - SIGNED_IN_WITHIN
    )
    if any(_holds(wanted, address) for address in lately.values_list("address", flat=True).distinct()):
        raise InvalidAddress(_("A member signed in from it within the last 30 days."))


def _holds(network: Network, address: str) -> bool:
    try:
        return plain(address) in network
    except ValueError:
        return False
