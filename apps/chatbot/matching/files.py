"""A trained matcher's files: arrays that are mapped, manifests that tell whether they are whole.

Processes of one machine that read the same folder share its pages. A part of a matcher (`name`) is
`<name>.json` (format version; facts; type, shape and checksum of each array) and `<name>.<array>.npy`.
Nothing is ever unpickled.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .types import BrokenMatcher

FORMAT = 1
CHUNK = 1 << 22
"""Bytes that are checked at a time."""

Arrays = Mapping[str, np.ndarray]


def write(folder: Path, name: str, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    """Write one part; `facts` is anything JSON can hold. The manifest comes last: none, no part."""
    about = {}
    for key, array in arrays.items():
        array = np.ascontiguousarray(array)
        if array.dtype.hasobject:
            raise TypeError(f"{name}.{key} holds objects, only plain numbers can be mapped")
        np.save(_path(folder, name, key), array, allow_pickle=False)
        about[key] = {"type": array.dtype.str, "shape": list(array.shape), "crc32": _checksum(array)}
    manifest = {"format": FORMAT, "arrays": about, "facts": facts}
    manifest |= {"crc32": _seal(manifest)}
    (folder / f"{name}.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def read(folder: Path, name: str, *, check: bool = True) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The arrays, mapped and not writable, and the facts of a part.

    Raises BrokenMatcher for what is missing, cut short, changed or of another format. `check=False` trusts
    the contents (not the sizes) where they were checked on this machine before.
    """
    try:
        manifest = json.loads((folder / f"{name}.json").read_bytes())
        if manifest["format"] != FORMAT:
            raise BrokenMatcher(f"{name}: format {manifest['format']} instead of {FORMAT}")
        if manifest.pop("crc32") != _seal(manifest):
            raise BrokenMatcher(f"{name}: the manifest's checksum is wrong")
        arrays = {key: _array(folder, name, key, about, check) for key, about in manifest["arrays"].items()}
        return arrays, dict(manifest["facts"])
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenMatcher(f"{name}: {error}") from error


def _array(folder: Path, name: str, key: str, about: Mapping[str, Any], check: bool) -> np.ndarray:
    array = _mapped(_path(folder, name, key))
    if array.dtype.str != about["type"] or list(array.shape) != about["shape"]:
        raise BrokenMatcher(f"{name}.{key}: not the array of the manifest")
    if check and _checksum(array) != about["crc32"]:
        raise BrokenMatcher(f"{name}.{key}: the checksum is wrong")
    return array


def _mapped(path: Path) -> np.ndarray:
    """Nothing of no length can be mapped; such an array is read."""
    array = np.load(path, mmap_mode=None if path.stat().st_size < 4096 else "r", allow_pickle=False)
    array = array.view(np.ndarray)  # a slice of a memmap costs three times as much
    array.flags.writeable = False
    return array


def _path(folder: Path, name: str, key: str) -> Path:
    if not key.isidentifier():
        raise ValueError(f"{key!r} is no name of an array")
    return folder / f"{name}.{key}.npy"


def _seal(manifest: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(manifest, sort_keys=True).encode())


def _checksum(array: np.ndarray) -> int:
    value = zlib.crc32(f"{array.dtype.str}{array.shape}".encode())
    content = array.reshape(-1).view(np.uint8)
    for start in range(0, content.size, CHUNK):
        value = zlib.crc32(content[start : start + CHUNK], value)
    return value
