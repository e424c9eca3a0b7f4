"""What can be done with a row of a list, at its end; what cannot says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class RowAct:
    """`why_not` is the sentence that is shown instead of an address."""

    label: str
    address: str
    why_not: str = ""
    is_danger: bool = False


def row_acts(acts: Iterable[RowAct], of: object) -> SafeString:
    """The acts in one line, each named with what it is about for those who hear them."""
    shown = format_html_join("", "{}", ((_shown(act, str(of)),) for act in acts))
    return format_html('<span class="row-acts">{}</span>', shown)


def _shown(act: RowAct, of: str) -> SafeString:
    if act.why_not:
        return format_html(
            '<span class="row-act" role="link" aria-disabled="true" tabindex="0" title="{}" '
            'aria-label="{}: {}">{}</span>',
            act.why_not,
            act.label,
            act.why_not,
            act.label,
        )
    return format_html(
        '<a class="row-act{}" href="{}" aria-label="{}">{}</a>',
        " danger" if act.is_danger else "",
        act.address,
        _("%(act)s: %(name)s") % {"act": act.label, "name": of},
        act.label,
    )
