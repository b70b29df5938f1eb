"""Text to search terms, for PostgreSQL's `simple` tsvector: PostgreSQL's own parser knows no Chinese.

A Chinese run gives its dictionary words and each pair of neighbouring characters, so that a word which the dictionary
cuts otherwise is still found. Latin words are lower-cased; a code (ORA-01555, 5.2.19, 0x80070005) is kept whole and in
its parts.
"""

import re
import unicodedata

from shouhou.shared.search import tokens

LONGEST = 200  # letters of one term; PostgreSQL takes 2,046 bytes
CHINESE = re.compile(r"[㐀-䶿一-鿿]+")
WORD = re.compile(r"[^\W_]")
CODE = re.compile(r"[0-9a-z]+(?:[-._/#][0-9a-z]+)+|[0-9a-z]*(?:[0-9][a-z]|[a-z][0-9])[0-9a-z]*")
PART = re.compile(r"[a-z]{2,}|[0-9]{2,}")


def fold(text: str) -> str:
    """Full-width and half-width forms made one, small letters, white space as single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text.replace("\x00", " ")).lower().split())


def codes(folded: str) -> set[str]:
    """The codes of a folded text, each whole: joined by - . _ / # or letters and digits mixed."""
    return {code for code in CODE.findall(folded) if any(c.isdigit() for c in code)}


def pairs(folded: str) -> set[str]:
    """Each two neighbouring Chinese characters; a character that stands alone is its own term."""
    found: set[str] = set()
    for run in CHINESE.findall(folded):
        found.update(run[i : i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.add(run)
    return found


def terms(text: str) -> set[str]:
    """All terms that a text is found by: words, pairs of characters, codes and their parts."""
    folded = fold(text)
    found = {word for word in tokens(folded) if WORD.search(word) and (len(word) > 1 or not CHINESE.match(word))}
    found |= pairs(folded)
    for code in codes(folded):
        found.add(code)
        found.update(PART.findall(code))
    return {term[:LONGEST] for term in found}


def quoted(term: str) -> str:
    """A term as a lexeme of a tsquery."""
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def query_of(wanted: list[str], *, joined: str = "&") -> str:
    """A raw tsquery of terms, all of them ("&") or any ("|"); "" of none."""
    return f" {joined} ".join(quoted(term) for term in wanted)
