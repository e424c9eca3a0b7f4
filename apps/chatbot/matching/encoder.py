"""An optional sentence encoder: a folder with an ONNX model and its tokenizer, as they are commonly shared.

`model.onnx` (or `onnx/model.onnx`), `tokenizer.json`, and `1_Pooling/config.json` if the first token
stands for the sentence. Needs the packages of `requirements/encoder.txt`; nothing is ever downloaded. A
sentence becomes a vector of unit length: the mean of its tokens' vectors, the first one's, or the model's
own if it gives one a sentence.
"""

import json
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from .folding import LONGEST

TOKENS = 128
"""Tokens of a sentence that are read."""
BATCH = 32


class EncoderUnusable(Exception):
    """The folder holds no encoder, or the packages to run it are not installed."""


@lru_cache(maxsize=1)
def opened(folder: str) -> "OnnxEncoder | None":
    """The encoder in a folder, opened once per process; None for an empty name (none is wanted)."""
    return OnnxEncoder(Path(folder)) if folder else None


class OnnxEncoder:
    """Sentences to vectors; may be asked by several threads at once."""

    def __init__(self, folder: Path):
        """Raises EncoderUnusable, with what is missing or wrong."""
        try:
            import onnxruntime
            import tokenizers
        except ImportError as error:
            raise EncoderUnusable(f"{error}: install requirements/encoder.txt") from error
        model = next(
            (path for path in (folder / "model.onnx", folder / "onnx/model.onnx") if path.is_file()), None
        )
        words = folder / "tokenizer.json"
        if model is None or not words.is_file():
            raise EncoderUnusable(f"{folder}: no model.onnx with a tokenizer.json")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the web processes answer side by side
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(words))
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
            self._first_token = _first_token(folder)
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise EncoderUnusable(f"{folder}: {error}") from error
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.enable_padding()
        self._inputs = {tensor.name for tensor in self._session.get_inputs()}
        self.identity = f"{_checksum(model):08x}-{_checksum(words):08x}-{self._first_token:d}"
        """Vectors can be compared only where this is the same."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """A row of unit length for each text, float32; zeros for a text without tokens."""
        parts = [self._encode(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)

    def _encode(self, texts: Sequence[str]) -> np.ndarray:
        read = self._tokenizer.encode_batch([text[:LONGEST] for text in texts])
        mask = np.array([tokens.attention_mask for tokens in read], dtype=np.int64)
        tensors = {
            "input_ids": np.array([tokens.ids for tokens in read], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        given = {name: tensor for name, tensor in tensors.items() if name in self._inputs}
        (vectors, *_) = self._session.run(None, given)
        if vectors.ndim == 3:
            shares = mask[:, :, None].astype(np.float32)
            if self._first_token:
                vectors = vectors[:, 0]
            else:
                vectors = (vectors * shares).sum(axis=1) / np.maximum(shares.sum(axis=1), 1.0)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.maximum(length, 1e-9)).astype(np.float32)


def _first_token(folder: Path) -> bool:
    """Whether the first token's vector is the sentence's, as the model's authors wrote down."""
    about = folder / "1_Pooling" / "config.json"
    return about.is_file() and bool(json.loads(about.read_bytes()).get("pooling_mode_cls_token"))


def _checksum(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return value
