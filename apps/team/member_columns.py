"""The columns of a file of members (M-4, T-2): what they are called, how each value is read and written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import resources
from import_export.fields import Field

from apps.team.models import Role
from apps.team.setting_fields import is_system_word, plain_name
from csdesk.errors import Invalid
from csdesk.file_jobs import cells as widgets
from csdesk.file_jobs.columns import Columns
from csdesk.texts import storable

COLUMNS = Columns(
    {
        "nickname": gettext_lazy("Nickname"),
        "email": gettext_lazy("E-mail"),
        "account": gettext_lazy("Account"),
        "role": gettext_lazy("Role"),
        "phone": gettext_lazy("Phone"),
        "staff_no": gettext_lazy("Staff number"),
        "groups": gettext_lazy("Groups"),
        "supervises": gettext_lazy("Supervises"),
        "serves": gettext_lazy("Serves customers"),
        "session_limit": gettext_lazy("Sessions at once"),
    },
    needed=("nickname", "email"),
    also_called={
        "nickname": "昵称 姓名 名称 客服名称 客服昵称 客服姓名 nick name nickname",
        "email": "邮箱 邮箱地址 邮件 电子邮箱 mail email e-mail",
        "account": "账号 帐号 客服账号 客服帐号 登录账号 account user userid",
        "role": "角色 客服角色 role",
        "phone": "电话 手机 手机号 手机号码 联系电话 电话号码 phone mobile",
        "staff_no": "工号 客服工号 员工工号 staffno staffnumber staff_no",
        "groups": "分组 技能组 所属技能组 所属分组 groups group skillgroups",
        "supervises": "主管分组 负责分组 supervises",
        "serves": "接待 是否接待 serves",
        "session_limit": "同时接待人数 接待上限 limit sessionlimit",
    },
)
# How much stands before a spreadsheet's column ends, in characters.
WIDTHS = (20, 32, 32, 14, 18, 12, 28, 28, 16, 16)
EXAMPLE_DOMAIN = "@example.invalid"
PHONE = re.compile(r"[0-9 +()-]*")
USUAL = 3
_PRIORITY = re.compile(r"(.*\S)\s*[:：]\s*(\d{1,3})\s*")
_BETWEEN = re.compile(r"[\n,，、;；]")


@dataclass
class Line:
    """A member between the table and the team. None: the cell says nothing."""

    nickname: str = ""
    email: str = ""
    account: str = ""
    role: str | None = None
    phone: str = ""
    staff_no: str = ""
    # Names as they are written, with a priority where one is given.
    groups: Sequence[str] = ()
    supervises: Sequence[str] = ()
    serves: bool | None = None
    session_limit: int | None = None


class _Name(widgets.CellWidget):
    """A name in one line, with nothing in it that is not seen."""

    def __init__(self, limit: int, *, is_needed: bool = False) -> None:
        super().__init__()
        self.limit, self.is_needed = limit, is_needed

    def read(self, text: str) -> str:
        if not text.strip() and not self.is_needed:
            return ""
        try:
            name = plain_name(storable(str(text)))
        except Invalid as error:
            raise ValueError(error.detail) from None
        if len(name) > self.limit:
            raise ValueError(_("At most %(limit)s characters.") % {"limit": self.limit})
        return name

    def render(self, value: str, obj: object = None, **kwargs: object) -> str:
        return value


class _Nickname(_Name):
    def read(self, text: str) -> str:
        name = super().read(text)
        if is_system_word(name):
            raise ValueError(_("This name is the system's own."))
        return name


class _Email(widgets.TextWidget):
    def read(self, text: str) -> str:
        email = str(text).strip()
        try:
            validate_email(email)
        except ValidationError:
            raise ValueError(_("This is no e-mail address.")) from None
        if len(email) > 254:
            raise ValueError(_("At most %(limit)s characters.") % {"limit": 254})
        return email


class _Phone(widgets.TextWidget):
    def read(self, text: str) -> str:
        phone = str(text).strip()
        if not PHONE.fullmatch(phone) or len(phone) > 32:
            raise ValueError(_("Only digits, blanks and + - ( )."))
        return phone


class _Whole(widgets.CellWidget):
    """A whole number of sessions; empty says nothing."""

    def read(self, text: str) -> int | None:
        plain = str(text).strip()
        if not plain:
            return None
        if not (plain.isascii() and plain.isdigit() and 1 <= int(plain[:9]) <= 100):
            raise ValueError(_("A whole number from 1 to 100."))
        return int(plain)

    def render(self, value: int | None, obj: object = None, **kwargs: object) -> str:
        return "" if value is None else str(value)


class _Names(widgets.LinesWidget):
    """One in each line, or all in one line with commas."""

    def read(self, text: str) -> list[str]:
        return [part.strip() for part in str(text).replace("\r", "\n").split("\n") if part.strip()]


class MemberResource(resources.Resource):
    """Reads and writes one row."""

    nickname = Field("nickname", "nickname", _Nickname(60, is_needed=True))
    email = Field("email", "email", _Email())
    account = Field("account", "account", _Name(254))
    role = Field(
        "role",
        "role",
        widgets.WordWidget(
            {
                "super super_administrator": (Role.SUPER.label, Role.SUPER.value),
                "administrator admin 管理员": (Role.ADMINISTRATOR.label, Role.ADMINISTRATOR.value),
                "supervisor lead 主管 组长": (Role.SUPERVISOR.label, Role.SUPERVISOR.value),
                "agent staff 客服 坐席 座席": (Role.AGENT.label, Role.AGENT.value),
            }
        ),
    )
    phone = Field("phone", "phone", _Phone())
    staff_no = Field("staff_no", "staff_no", _Name(16))
    groups = Field("groups", "groups", _Names())
    supervises = Field("supervises", "supervises", _Names())
    serves = Field("serves", "serves", widgets.YesNoWidget())
    session_limit = Field("session_limit", "session_limit", _Whole())

    def read(self, named: dict[str, object]) -> tuple[Line, dict[str, list[str]]]:
        """What can be read of the row, and why each other field can't be."""
        line = Line()
        try:
            self.import_instance(line, named)
        except ValidationError as error:
            return line, error.message_dict
        return line, {}

    def written(self, line: Line) -> list[str]:
        return list(self.export_resource(line))


@dataclass
class GroupNames:
    """The groups by their names in any case, for cells that name some of them."""

    by_name: dict[str, int] = field(default_factory=dict)

    def priorities(self, parts: Sequence[str]) -> dict[int, int]:
        """Groups with the priority each is given (3 where none is); ValueError says which there is not."""
        found: dict[int, int] = {}
        for name in self._names(parts):
            plain, priority = name, USUAL
            with_priority = _PRIORITY.fullmatch(name)
            if folded(name) not in self.by_name and with_priority:
                plain, priority = with_priority[1], int(with_priority[2])
            if not 1 <= priority <= 5:
                raise ValueError(_("A priority is 1 to 5, such as %(name)s:2.") % {"name": plain})
            found[self._id(plain)] = priority
        return found

    def ids(self, parts: Sequence[str]) -> set[int]:
        return {self._id(name) for name in self._names(parts)}

    def _names(self, parts: Sequence[str]) -> Iterator[str]:
        for part in parts:
            # A name may hold a comma itself.
            whole = _PRIORITY.sub(r"\1", part)
            if folded(part) in self.by_name or folded(whole) in self.by_name:
                yield part
            else:
                yield from (name.strip() for name in _BETWEEN.split(part) if name.strip())

    def _id(self, name: str) -> int:
        try:
            return self.by_name[folded(name)]
        except KeyError:
            raise ValueError(_("There is no group called “%(name)s”.") % {"name": name[:60]}) from None


def folded(name: str) -> str:
    return " ".join(name.split()).lower()


def examples() -> list[Line]:
    """Two rows that show how to fill the file, which no import takes for members."""
    return [
        Line(
            nickname=_("Example: Ann"),
            email=f"ann{EXAMPLE_DOMAIN}",
            role=Role.AGENT,
            phone="+86 138 0000 0000",
            groups=[_("Pre-sales") + ":1", _("After sales")],
            serves=True,
            session_limit=5,
        ),
        Line(
            nickname=_("Example: Bo"),
            email=f"bo{EXAMPLE_DOMAIN}",
            account="bo",
            role=Role.SUPERVISOR,
            staff_no="00123",
            groups=[_("After sales")],
            supervises=[_("After sales")],
            serves=True,
        ),
    ]


def is_example(email: object) -> bool:
    return str(email).strip().lower().endswith(EXAMPLE_DOMAIN)
