"""A matcher's files: what was written is read, mapped; what is damaged is refused."""

import json

import numpy as np
import pytest

from apps.chatbot.matching import BrokenMatcher, files

ARRAYS = {
    "numbers": np.arange(5_000, dtype=np.int32),
    "table": np.linspace(0, 1, 12, dtype=np.float16).reshape(3, 4),
    "nothing": np.zeros((0, 3), dtype=np.uint8),
}


@pytest.fixture
def folder(tmp_path):
    files.write(tmp_path, "part", ARRAYS, {"名": "知识", "share": 0.1})
    return tmp_path


def test_what_was_written_is_read(folder):
    arrays, facts = files.read(folder, "part")
    assert facts == {"名": "知识", "share": 0.1}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)


def test_arrays_are_mapped_from_the_file_and_cannot_be_written(folder):
    numbers = files.read(folder, "part")[0]["numbers"]
    assert isinstance(numbers.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        numbers[0] = 1


def test_parts_stand_side_by_side(folder):
    files.write(folder, "other", {"numbers": np.ones(2)}, {})
    assert len(files.read(folder, "part")[0]["numbers"]) == 5_000
    assert len(files.read(folder, "other")[0]["numbers"]) == 2


@pytest.mark.parametrize("name", ["part.json", "part.numbers.npy", "part.table.npy", "part.nothing.npy"])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(BrokenMatcher):
        files.read(folder, "part")


@pytest.mark.parametrize("name", ["part.json", "part.numbers.npy", "part.table.npy"])
@pytest.mark.parametrize("at", [0, 0.5, -1])
def test_a_changed_byte_is_refused(folder, name, at):
    content = bytearray((folder / name).read_bytes())
    place = at if at in (0, -1) else int(len(content) * at)
    content[place] ^= 0x01
    (folder / name).write_bytes(content)
    with pytest.raises(BrokenMatcher):
        files.read(folder, "part")


@pytest.mark.parametrize("name", ["part.json", "part.numbers.npy", "part.nothing.npy"])
@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_file_cut_short_is_refused(folder, name, kept):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BrokenMatcher):
        files.read(folder, "part", check=False)


def test_a_trusted_file_may_have_changed_but_not_its_size(folder):
    content = bytearray((folder / "part.numbers.npy").read_bytes())
    content[-1] ^= 0x01
    (folder / "part.numbers.npy").write_bytes(content)
    files.read(folder, "part", check=False)


def test_another_format_is_refused(folder):
    manifest = json.loads((folder / "part.json").read_bytes())
    manifest["format"] = files.FORMAT + 1
    (folder / "part.json").write_text(json.dumps(manifest))
    with pytest.raises(BrokenMatcher, match=f"format {files.FORMAT + 1} instead of {files.FORMAT}"):
        files.read(folder, "part")


def test_pickled_objects_are_neither_written_nor_read(folder):
    with pytest.raises(TypeError, match="objects"):
        files.write(folder, "bad", {"things": np.array([{}])}, {})
    np.save(folder / "part.numbers.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(BrokenMatcher):
        files.read(folder, "part")


def test_an_array_cannot_lead_out_of_the_folder(folder):
    manifest = json.loads((folder / "part.json").read_bytes())
    manifest["arrays"]["../part"] = manifest["arrays"].pop("numbers")
    del manifest["crc32"]
    manifest["crc32"] = files._seal(manifest)
    (folder / "part.json").write_text(json.dumps(manifest))
    with pytest.raises(BrokenMatcher, match="no name of an array"):
        files.read(folder, "part")
