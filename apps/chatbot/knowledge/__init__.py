"""The one way to edit the draft (B-1, B-2, B-3, B-8): verbs that check, write, count the revision and log.

Whatever is one act of a manager is one call, one transaction, one step of the library's revision and one
entry of the trail, be it about one entry or about all of them.
"""

from .categories import (
    DEPTH,
    Tree,
    add_category,
    delete_category,
    move_category,
    rename_category,
    switch_category,
    tree,
)
from .draft import revision
from .entries import add_entry, change_entry, delete_entries, move_entries, switch_entries
from .finding import Wanted, found
from .installing import Preset, install_presets
from .naming import PRESET_NAMES, code_of, name_of
from .texts import InvalidEntry, Problem, Values, checked
from .twins import Twin, twins
from .upserting import FIELDS, Existing, InvalidRows, Row, RowProblem, Upserted, upsert_many
from .welcome import WELCOME_LIMIT, Line, set_welcome, welcome_lines, welcome_mark, worded

__all__ = [
    "DEPTH",
    "FIELDS",
    "PRESET_NAMES",
    "WELCOME_LIMIT",
    "Existing",
    "InvalidEntry",
    "InvalidRows",
    "Line",
    "Preset",
    "Problem",
    "Row",
    "RowProblem",
    "Tree",
    "Twin",
    "Upserted",
    "Values",
    "Wanted",
    "add_category",
    "add_entry",
    "change_entry",
    "checked",
    "code_of",
    "delete_category",
    "delete_entries",
    "found",
    "install_presets",
    "move_category",
    "move_entries",
    "name_of",
    "rename_category",
    "revision",
    "set_welcome",
    "switch_category",
    "switch_entries",
    "tree",
    "twins",
    "upsert_many",
    "welcome_lines",
    "welcome_mark",
    "worded",
]
