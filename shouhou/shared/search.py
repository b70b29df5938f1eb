"""Finding words in Chinese and other text: segmented into a tsvector, with trigrams for a word inside a run."""

from collections.abc import Sequence
from functools import lru_cache

import rjieba
from django.contrib.postgres.search import SearchQuery
from django.db.models import Func, Q, Value

MARKS = str.maketrans(dict.fromkeys("\x00'\\:&|!()<>*\"，。、；：？！（）《》【】“”‘’—…·", " "))


def tokens(text: str) -> list[str]:
    """The words of a text, long ones cut further, each lower-cased; marks dropped."""
    return [word for word in (w.strip().lower() for w in rjieba.cut_for_search(text.translate(MARKS))) if word]


class Words(Func):
    """A tsvector of tokens that are already cut: PostgreSQL's own parser knows no Chinese."""

    function = "array_to_tsvector"
    template = "array_to_tsvector(%(expressions)s::text[])"


def vector(*texts: str) -> Words:
    """What to write into a search column; at most 2,000 different words of 200 letters."""
    words = sorted({token[:200] for text in texts if text for token in tokens(text)})[:2000]
    return Words(Value(words))


@lru_cache(maxsize=1024)
def _query(text: str) -> str:
    """All words must occur; the last may still be in the typing."""
    words = tokens(text)
    quoted = ["'" + word.replace("'", "''") + "'" for word in words]
    return " & ".join([*quoted[:-1], quoted[-1] + ":*"]) if quoted else ""


def matching(text: str, *, vector: str, exact: Sequence[str] = (), part: str = "") -> Q:
    """A condition: an exact number, all the words, or (from two letters) the text inside the `part` column."""
    text = " ".join(text.split())[:200]
    condition = Q(pk__in=[])
    query = _query(text)
    if query:
        condition |= Q(**{vector: SearchQuery(query, search_type="raw", config="simple")})
    for column in exact:
        condition |= Q(**{column: text.upper()})
    if part and len(text) >= 2:
        condition |= Q(**{f"{part}__icontains": text})
    return condition


def vector_text(*texts: str) -> str:
    """The same words as `vector`, written out for COPY."""
    words = sorted({token[:200] for text in texts if text for token in tokens(text)})[:2000]
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
