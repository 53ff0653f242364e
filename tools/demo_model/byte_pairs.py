# SPDX-License-Identifier: MIT
"""CLIP's byte-level byte-pair encoding: learn the merges from captions, encode text, write vocab.json and merges.txt.

The semantics are those of OpenAI's simple_tokenizer, for plain text: lower case, its pattern, byte symbols, "</w>" endings.
"""
import collections
import html
import json
import pathlib
import re

START, END = "<|startoftext|>", "<|endoftext|>"
# OpenAI's pattern is written for the `regex` module; here \p{L} and \p{N} are spelled for `re`.
_PATTERN = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.IGNORECASE)


def byte_symbols():
    """One printable character for each of the 256 bytes, in the order of CLIP's vocabulary."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    symbols = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in symbols:
            symbols[byte] = chr(256 + len(symbols) - len(plain))
    return symbols


_BYTES = byte_symbols()


def split_words(text):
    """The text cleaned as CLIP does, cut into the pieces within which merges happen, as byte symbols."""
    text = html.unescape(html.unescape(text))
    text = re.sub(r"\s+", " ", text).strip().lower()
    return ["".join(_BYTES[b] for b in piece.encode()) for piece in _PATTERN.findall(text)]


def _merge(parts, pair):
    merged, k = [], 0
    while k < len(parts):
        if k + 1 < len(parts) and (parts[k], parts[k + 1]) == pair:
            merged.append(parts[k] + parts[k + 1])
            k += 2
        else:
            merged.append(parts[k])
            k += 1
    return tuple(merged)


def learn_merges(word_counts, count):
    """The `count` most useful merges for words with their counts; ties go to the pair that sorts first."""
    words = {tuple(word[:-1]) + (word[-1] + "</w>",): n for word, n in word_counts.items()}
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for parts, n in words.items():
            for pair in zip(parts, parts[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = {_merge(parts, best) if best[0] in parts else parts: n for parts, n in words.items()}
    return merges


class BytePairs:
    """A vocabulary: 256 byte symbols, the same with "</w>", the merges, start, end."""

    def __init__(self, merges):
        self.merges = [tuple(pair) for pair in merges]
        symbols = list(_BYTES.values())
        tokens = symbols + [s + "</w>" for s in symbols] + [a + b for a, b in self.merges] + [START, END]
        self.ids = {token: k for k, token in enumerate(tokens)}
        self.ranks = {pair: k for k, pair in enumerate(self.merges)}
        self._known = {START: [self.ids[START]], END: [self.ids[END]]}

    def _encode_word(self, word):
        if word not in self._known:
            parts = tuple(word[:-1]) + (word[-1] + "</w>",)
            while len(parts) > 1:
                pair = min(zip(parts, parts[1:]), key=lambda p: self.ranks.get(p, len(self.ranks)))
                if pair not in self.ranks:
                    break
                parts = _merge(parts, pair)
            self._known[word] = [self.ids[part] for part in parts]
        return self._known[word]

    def encode(self, text):
        """Token numbers with start and end."""
        body = [token for word in split_words(text) for token in self._encode_word(word)]
        return [self.ids[START]] + body + [self.ids[END]]

    def save(self, folder):
        """Write vocab.json and merges.txt as Hugging Face's CLIPTokenizer reads them."""
        folder = pathlib.Path(folder)
        text = json.dumps(self.ids, ensure_ascii=False, separators=(",", ":"))
        (folder / "vocab.json").write_text(text + "\n", encoding="utf-8")
        lines = ["#version: 0.2"] + [f"{a} {b}" for a, b in self.merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def load_merges(file):
    """The vocabulary of a merges.txt."""
    lines = pathlib.Path(file).read_text(encoding="utf-8").splitlines()[1:]
    return BytePairs([tuple(line.split(" ")) for line in lines if line])
