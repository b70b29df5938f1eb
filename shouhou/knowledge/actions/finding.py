"""Finding articles: candidates by the index, a few hundred of them ranked by BM25 over their own words.

`shared.search.similar_ids` weighs rows by which words they share; here the ranking also counts how often and where, by
frequencies that are kept exactly. Each arm of a question costs at most what its sample costs, however many articles.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import QuerySet, Value

from shouhou.knowledge.models import Article, SearchTerm
from shouhou.knowledge.rules.ranking import score, telling, weight
from shouhou.knowledge.rules.segment import fold, query_of, terms

LONGEST = 2000  # letters of a question that are read
TELLING = 20  # rarest terms asked for one by one
SAMPLE = 300  # rows looked at for each arm
RANKED = 400  # rows whose words are read
COMPLETIONS = 8


def known_terms(text: str) -> dict[str, int]:
    """The terms of a question that articles hold, each with how many.

    A Latin word that none holds stands for those it begins (the question may still be in the typing), or else for
    those that look like it (a slip of the keys).
    """
    wanted = terms(text[:LONGEST])
    holding: dict[str, int] = {}
    holding.update(SearchTerm.objects.filter(term__in=wanted, articles__gt=0).values_list("term", "articles"))
    last = fold(text[:LONGEST]).split(" ")[-1]
    for term in sorted(wanted - holding.keys()):
        if not term.isascii() or len(term) < 2:
            continue
        near = SearchTerm.objects.filter(articles__gt=0)
        rows: list[tuple[str, int]] = []
        if last.endswith(term):
            rows = list(near.filter(term__startswith=term).order_by("-articles").values_list("term", "articles")[:8])
        if not rows and len(term) > 3 and term.isalpha():
            similar = near.filter(term__trigram_similar=term).order_by("-articles")
            rows = list(similar.values_list("term", "articles")[:COMPLETIONS])
        holding.update(rows)
    return holding


def arms_of(holding: Mapping[str, int]) -> list[tuple[str, ...]]:
    """What to ask the index for: what many rare terms share, two of them, and each by itself."""
    rare = telling(list(holding), holding, most=TELLING)
    together = [tuple(rare[:n]) for n in (8, 5, 4, 3, 2) if len(rare) >= n]
    if len(rare) > 3:
        together += [(rare[0], rare[2]), (rare[1], rare[2])]
    return [*together, *((term,) for term in rare)]


def candidates(rows: QuerySet[Any], holding: Mapping[str, int], worth: Mapping[str, float]) -> list[int]:
    """The ids of rows that hold the rarest terms, those that hold most of them first."""
    arms = arms_of(holding)
    if not arms:
        return []
    each = [
        rows.filter(text__terms=SearchQuery(query_of(list(arm)), search_type="raw", config="simple"))
        .order_by().values_list("pk", Value(n))[:SAMPLE]
        for n, arm in enumerate(arms)
    ]  # fmt: skip
    held: dict[int, set[str]] = {}
    for pk, n in each[0].union(*each[1:], all=True) if len(each) > 1 else each[0]:
        held.setdefault(pk, set()).update(arms[n])
    return sorted(held, key=lambda pk: (-sum(worth[term] for term in held[pk]), -pk))[:RANKED]


def find(rows: QuerySet[Any], text: str, *, most: int = 50) -> list[int]:
    """The ids of the articles among `rows` that answer a question best, the best first."""
    holding = known_terms(text)
    everything = SearchTerm.objects.filter(term="").first()
    if not holding or everything is None:
        return []
    count = everything.articles
    worth = {term: weight(term, count, number) for term, number in holding.items()}
    near = candidates(rows, holding, worth)
    read = Article.objects.filter(pk__in=near).order_by().values_list("pk", "text__title", "text__body")
    mean, asked = everything.letters / max(count, 1), fold(text)
    # Who types a whole title means that article: an entry of a list of error numbers is called by its number.
    scored = [(title == asked, score(title, body, worth, mean=mean), pk) for pk, title, body in read]
    return [pk for _named, _score, pk in sorted(scored, reverse=True)[:most]]
