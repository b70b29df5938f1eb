"""What a list of finds shows of a text: a piece of it round the first hit, the hits marked."""

import re
from collections.abc import Iterable

BEFORE, WIDTH = 20, 120  # letters


def marked(text: str, wanted: Iterable[str]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is a hit; neighbouring and overlapping hits are one."""
    hits = [False] * len(text)
    small = text.lower()
    if len(small) != len(text):  # a few capitals grow when they are made small
        small = text
    for term in wanted:
        edge = r"(?<![0-9a-z]){}(?![0-9a-z])" if term.isascii() else "{}"
        for found in re.finditer(f"(?={edge.format(re.escape(term))})", small):
            hits[found.start() : found.start() + len(term)] = [True] * len(term)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or hits[i] != hits[start]:
            pieces.append((text[start:i], hits[start]))
            start = i
    return pieces


def excerpt(text: str, wanted: Iterable[str]) -> list[tuple[str, bool]]:
    """About `WIDTH` letters of a text, from a little before its first hit, marked."""
    line = " ".join(text.split())
    wanted = list(wanted)
    before = 0
    for piece, hit in marked(line, wanted):
        if hit:
            break
        before += len(piece)
    start = max(0, before - BEFORE) if before < len(line) else 0
    shown = line[start : start + WIDTH]
    return marked(("…" if start else "") + shown + ("…" if start + WIDTH < len(line) else ""), wanted)
