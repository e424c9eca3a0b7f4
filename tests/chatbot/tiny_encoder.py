"""A sentence encoder of a few kilobytes: each word has a vector of its own, a sentence their mean."""

from pathlib import Path

import numpy as np
import onnx
import tokenizers
from onnx import TensorProto, helper, numpy_helper

WORDS = (
    "[PAD]",
    "[UNK]",
    "refund",
    "money",
    "back",
    "return",
    "ship",
    "deliver",
    "order",
    "password",
    "forgot",
)
MEANINGS = {
    "refund": 0,
    "money": 0,
    "back": 0,
    "return": 0,
    "ship": 1,
    "deliver": 1,
    "password": 2,
    "forgot": 2,
}


def make(folder: Path, *, sentence: bool = False) -> Path:
    """Write the folder; words of one meaning share a vector. `sentence`: the model gives one a sentence."""
    rows = np.zeros((len(WORDS), 4), dtype=np.float32)
    for number, word in enumerate(WORDS):
        rows[number, MEANINGS.get(word, 3)] = 1.0
    nodes = [helper.make_node("Gather", ["rows", "input_ids"], ["tokens"])]
    shape: list[str | int] = ["batch", "length", 4]
    if sentence:
        nodes.append(helper.make_node("ReduceMean", ["tokens", "axis"], ["vectors"], keepdims=0))
        shape = ["batch", 4]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("vectors" if sentence else "tokens", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(rows, "rows"), numpy_helper.from_array(np.array([1]), "axis")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    known = {word: number for number, word in enumerate(WORDS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
