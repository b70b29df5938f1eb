"""The search index: what readers may find of each article, and in how many articles each term stands."""

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models, transaction

from shouhou.knowledge.rules.segment import fold, terms


class SearchText(models.Model):
    """The folded words of one article and their terms."""

    article = models.OneToOneField("Article", models.PROTECT, primary_key=True, related_name="text")
    title = models.TextField()
    body = models.TextField()
    terms = SearchVectorField()

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["terms"], name="search_text_terms")]


class SearchTerm(models.Model):
    """A term and the number of articles that hold it. The row of the empty term counts all articles and letters."""

    term = models.CharField(max_length=200, primary_key=True)
    articles = models.BigIntegerField(default=0)
    letters = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [GinIndex(fields=["term"], name="search_term_like", opclasses=["gin_trgm_ops"])]


COUNT = """
    INSERT INTO knowledge_searchterm AS t (term, articles, letters)
    SELECT unnest(%s::text[]), unnest(%s::bigint[]), unnest(%s::bigint[])
    ON CONFLICT (term) DO UPDATE SET articles = t.articles + excluded.articles, letters = t.letters + excluded.letters
"""
WRITE = """
    INSERT INTO knowledge_searchtext (article_id, title, body, terms)
    VALUES (%s, %s, %s, array_to_tsvector(%s::text[]))
    ON CONFLICT (article_id) DO UPDATE SET title = excluded.title, body = excluded.body, terms = excluded.terms
"""


def index_anew(pk: int, words: Any) -> None:
    """Write an article's index from `words` (title, problem, cause, remedy), and the counts of its terms.

    Writers of common terms wait for each other, always in the order of the terms, so that none locks another out.
    """
    title, body = fold(words.title), fold("\n".join((words.title, words.problem, words.cause, words.remedy)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(terms), title, body FROM knowledge_searchtext WHERE article_id = %s FOR UPDATE",
            [pk],
        )
        before = cursor.fetchone()
        if before and before[1:] == (title, body):
            return
        new, old = terms(body), set(before[0]) if before else set()
        change = {"": (0 if before else 1, len(body) - (len(before[2]) if before else 0))}
        change |= dict.fromkeys(new - old, (1, 0)) | dict.fromkeys(old - new, (-1, 0))
        ordered = sorted(change)
        cursor.execute(COUNT, [ordered, [change[t][0] for t in ordered], [change[t][1] for t in ordered]])
        cursor.execute(WRITE, [pk, title, body, sorted(new)])
