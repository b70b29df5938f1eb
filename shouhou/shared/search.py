"""Finding words in Chinese and other text: segmented into a tsvector, with trigrams for a word inside a run."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Func, Q, QuerySet, Value

MARKS = str.maketrans(dict.fromkeys("\x00'\\:&|!()<>*\"，。、；：？！（）《》【】“”‘’—…·", " "))


def tokens(text: str) -> list[str]:
    """The words of a text, long ones cut further, each lower-cased; marks dropped."""
    import rjieba  # its dictionary takes 32 MB, which the worker never needs

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


PROBE = 300


def found_ids(
    rows: QuerySet[Any], text: str, *, vector: str, exact: Sequence[str] = (), part: str = ""
) -> list[int] | None:
    """The ids of all rows that `matching` would find, when they are fewer than PROBE; else None.

    Each index is asked by itself, so that a rare word costs what it finds. As one condition joined by OR and sorted,
    the planner walks the newest rows until it has a page of them, which for a rare word is the whole table.
    """
    text = " ".join(text.split())[:200]
    query = _query(text)
    arms = [Q(**{column: text.upper()}) for column in exact]
    if query:
        arms.append(Q(**{vector: SearchQuery(query, search_type="raw", config="simple")}))
    if part and len(text) >= 3:  # two letters have no trigram
        arms.append(Q(**{f"{part}__icontains": text}))
    if not arms or (part and len(text) == 2):
        return None
    each = [rows.filter(arm).order_by().values_list("pk", flat=True)[:PROBE] for arm in arms]
    counted = list(each[0].union(*each[1:], all=True))
    return list(set(counted)) if len(counted) < PROBE else None


def vector_text(*texts: str) -> str:
    """The same words as `vector`, written out for COPY."""
    words = sorted({token[:200] for text in texts if text for token in tokens(text)})[:2000]
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
