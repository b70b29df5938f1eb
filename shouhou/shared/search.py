"""Finding words in Chinese and other text: segmented into a tsvector, with trigrams for a word inside a run."""

from collections.abc import Sequence
from functools import lru_cache
from math import log
from time import monotonic
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db import connection
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


@lru_cache(maxsize=64)
def _shares(table: str, column: str, _hour: int) -> dict[str, float]:
    """In which share of a table's rows the commonest words stand, as the database itself last counted them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
            " WHERE tablename = %s AND attname = %s",
            [table, column],
        )
        found = cursor.fetchone()
    if not found or not found[0]:
        return {}
    return dict(zip(found[0], found[1], strict=False))  # the frequencies end with their own least and greatest


SAMPLE = 300  # rows looked at for each word
TELLING = 8  # words that a text is compared by


def similar_ids(rows: QuerySet[Any], text: str, *, vector: str) -> list[int]:
    """The ids of rows that share words with a text, the likest first; the rarer a shared word, the more it counts.

    Each word costs what its sample costs, so that a common word does not make the question slow. One word alone says
    too little, unless the text has no other; a word and a part of it (打印机, 打印) are one.
    """
    words = {w for w in tokens(text[:2000]) if len(w) > 1}
    model = rows.model
    shares = _shares(model._meta.db_table, model._meta.get_field(vector).column, int(monotonic() // 3600))
    telling = sorted(words, key=lambda w: (shares.get(w, 0.0), -len(w), w))[:TELLING]
    if not telling:
        return []
    asked = {w: "'" + w.replace("'", "''") + "'" for w in telling}
    # What holds the two rarest words together is found even where the sample of each misses it.
    arms = [" & ".join(asked[w] for w in telling[:2]), *asked.values()]
    each = [
        rows.filter(**{vector: SearchQuery(arm, search_type="raw", config="simple")})
        .order_by().values_list("pk", Value(n))[:SAMPLE]
        for n, arm in enumerate(arms)
    ]  # fmt: skip
    held: dict[int, set[str]] = {}
    for pk, n in each[0].union(*each[1:], all=True):
        held.setdefault(pk, set()).update(telling[:2] if n == 0 else [telling[n - 1]])
    weight = {w: -log(max(shares.get(w, 0.0), 1e-6)) for w in telling}
    whole = {w: next((x for x in telling if w != x and w in x), w) for w in telling}
    least = min(2, len(set(whole.values())))
    apart = {pk: {whole[w] for w in found} for pk, found in held.items()}
    scored = [(sum(weight[w] for w in held[pk]), pk) for pk, words in apart.items() if len(words) >= least]
    return [pk for _score, pk in sorted(scored, reverse=True)]


def vector_text(*texts: str) -> str:
    """The same words as `vector`, written out for COPY."""
    words = sorted({token[:200] for text in texts if text for token in tokens(text)})[:2000]
    return " ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
