"""How well a text answers a question: BM25 over the terms of `segment`, counted in the text itself.

Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", with Lucene's logarithm, which is never negative.
"""

import re
from collections.abc import Mapping, Sequence
from math import log

K1, B = 1.2, 0.6
TITLE = 2  # a term in the title counts as if it stood there so many times more


AGAIN = 0.5  # what a longer Chinese word counts for, since its pairs of characters count already


def weight(term: str, rows: int, holding: int) -> float:
    """How telling a term is that `holding` of `rows` texts hold."""
    share = log(1 + (rows - holding + 0.5) / (holding + 0.5))
    return share if term.isascii() or len(term) <= 2 else AGAIN * share


def times(term: str, folded: str) -> int:
    """How often a term stands in a folded text; Latin terms and numbers as whole words only."""
    if term.isascii():
        return len(re.findall(rf"(?<![0-9a-z]){re.escape(term)}(?![0-9a-z])", folded)) if term in folded else 0
    return folded.count(term)


def score(title: str, folded: str, wanted: Mapping[str, float], *, mean: float) -> float:
    """BM25 of one text; `wanted` is term -> weight, `mean` the letters of an average text, title and body folded."""
    length = K1 * (1 - B + B * len(folded) / max(mean, 1.0))
    total = 0.0
    for term, worth in wanted.items():
        if n := times(term, folded) + (TITLE * times(term, title) if title else 0):
            total += worth * n * (K1 + 1) / (n + length)
    return total


def telling(wanted: Sequence[str], holding: Mapping[str, int], *, most: int) -> list[str]:
    """The rarest known terms first, at most so many; a term that no text holds finds nothing and is left out."""
    known = [term for term in wanted if holding.get(term)]
    return sorted(known, key=lambda term: (holding[term], -len(term), term))[:most]
