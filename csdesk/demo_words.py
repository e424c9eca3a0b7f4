"""Who comes to the demo shop and what is said there; the talks themselves stand in text files beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ZH, EN = "zh-hans", "en"
PRE, AFTER = "pre", "after"

# name in Chinese, name in English, price in yuan
GOODS = [
    ("山禾铸铁提梁壶 1.2L", "Shanhe cast-iron kettle 1.2 L", "468", "iron"),
    ("青釉盖碗三件套", "Celadon gaiwan set of three", "198", "gaiwan"),
    ("手冲细口壶 0.8L", "Gooseneck kettle 0.8 L", "329", "kettle"),
    ("竹节公道杯", "Bamboo-joint sharing pitcher", "86", "cup"),
    ("柴烧主人杯", "Wood-fired tea cup", "128", "cup"),
    ("便携旅行茶具", "Travel tea set", "259", "gaiwan"),
    ("玻璃煮茶壶 1L", "Glass tea kettle 1 L", "218", "kettle"),
    ("陶瓷茶叶罐", "Ceramic tea caddy", "76", "caddy"),
]

# nickname, language, verified user id
CUSTOMERS = [
    ("李蕾", ZH, "u_88213"),
    ("陈建国", ZH, "u_70461"),
    ("沈奕辰", ZH, "u_70114"),
    ("古丽娜尔·买买提", ZH, ""),
    ("乌鲁木齐好邻居便利店（24 小时）王店长", ZH, "u_66017"),
    ("周思远", ZH, ""),
    ("阿杰", ZH, ""),
    ("林小满", ZH, "u_91840"),
    ("欧阳若曦", ZH, ""),
    ("老茶客", ZH, ""),
    ("何雨桐", ZH, "u_58820"),
    ("Alexandra Wolfeschlegelsteinhausen-Bergerdorff", EN, "u_10233"),
    ("Tom Whitaker", EN, "u_10877"),
    ("Priya Raman", EN, ""),
    ("Jonas", EN, ""),
    ("Maria Eugênia Sant'Anna", EN, "u_11902"),
]

# What is said to nobody: a customer who gives up before an agent comes.
ALONE = {
    ZH: ["有人吗", "转人工", "退款一直没到账，有人吗？", "想问下现在几点下班", "{goods}有货吗"],
    EN: ["Is anybody there?", "agent", "Do you have the {goods} in stock?", "hello?"],
}

COMMENTS = {
    1: {ZH: "等了太久，最后也没解决。", EN: "Waited far too long."},
    2: {ZH: "希望处理再快一点。", EN: "Took a while to get an answer."},
    4: {ZH: "客服很耐心。", EN: "Friendly and clear."},
    5: {ZH: "非常满意，下次还来！", EN: "Best service I've had in ages!"},
}


@dataclass(frozen=True)
class Talk:
    group: str
    language: str
    lines: tuple[str, ...]
    # What it is about, as an index of GOODS; None when it may be anything.
    about: int | None = None


def talks() -> list[Talk]:
    """The talks of `demo_talks.txt`."""
    found = []
    for head, lines in _blocks("demo_talks.txt"):
        group, language, *about = head.split()
        found.append(Talk(group, language, tuple(lines), int(about[0]) if about else None))
    return found


def _blocks(name: str) -> Iterator[tuple[str, list[str]]]:
    """Each `== head` line of a file beside this one, with the lines that follow it."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for block in text.split("\n== ")[1:]:
        head, *lines = block.splitlines()
        yield head, [line for line in lines if line.strip()]
