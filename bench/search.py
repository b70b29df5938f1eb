"""Finding articles: how often the right one comes first, beside three plain ways, and how soon it comes among many.

The questions and their right answers are published (CMRC 2018 dev, TiDB's documentation); nobody of us wrote them. The
plain ways see the same folded texts in the same database: PostgreSQL's own parser with `simple`, pg_trgm, and BM25
over pairs of characters, computed over every text.
"""

import json
import lzma
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from math import log
from typing import Any

import psycopg

from bench.ground import ROOT, Ground

FOLDER = ROOT.parent / "shared" / "data" / "search"
CMRC, SECTIONS, CODES = "cmrc2018/cmrc2018_dev.json.xz", "tidb-faq/sections.jsonl.xz", "tidb-faq/error_codes.jsonl"
TEN = 10
Texts = list[tuple[str, str]]  # title, body
Asked = list[tuple[str, int]]  # question, place of its answer among the texts


def cmrc() -> tuple[Texts, Asked]:
    """848 articles of an encyclopaedia without titles, 3,219 questions, one right article each."""
    data = json.loads(lzma.decompress((FOLDER / CMRC).read_bytes()))["data"]
    texts: Texts = []
    asked: Asked = []
    for entry in data:
        for paragraph in entry["paragraphs"]:
            asked += [(qa["question"], len(texts)) for qa in paragraph["qas"]]
            texts.append(("", paragraph["context"]))
    return texts, asked


def tidb() -> tuple[Texts, Asked]:
    """Questions and answers about a database, and its error codes; each code asks for its own entry."""
    sections = [json.loads(line) for line in lzma.decompress((FOLDER / SECTIONS).read_bytes()).splitlines()]
    codes = [json.loads(line) for line in (FOLDER / CODES).read_text("utf-8").splitlines()]
    texts = [(row["heading"], row["answer_md"]) for row in sections]
    asked = [(row["code"], len(texts) + i) for i, row in enumerate(codes)]
    return [*texts, *((row["code"], row["text"]) for row in codes)], asked


class Figures:
    """Where the right answers stood: 1 is first, 0 is not among the first ten."""

    def __init__(self, places: list[int], seconds: float) -> None:
        self.places, self.seconds = places, seconds

    def row(self) -> dict[str, Any]:
        """Shares in percent, the mean reciprocal rank of the first ten, milliseconds for a question."""
        of = len(self.places)
        return {
            "questions": of,
            "hit_1": round(100 * sum(p == 1 for p in self.places) / of, 2),
            "recall_10": round(100 * sum(p > 0 for p in self.places) / of, 2),
            "mrr_10": round(sum(1 / p for p in self.places if p) / of, 4),
            "ms": round(1000 * self.seconds / of, 1),
        }


def measure(ask: Callable[[str], list[int]], asked: Asked, ids: list[int]) -> dict[str, Any]:
    """Put every question; `ids` says which article each text became."""
    places = []
    began = time.perf_counter()
    for question, answer in asked:
        found = ask(question)[:TEN]
        places.append(found.index(ids[answer]) + 1 if ids[answer] in found else 0)
    return Figures(places, time.perf_counter() - began).row()


def rows_of(statement: str, parameters: list[Any]) -> list[int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]


def simple(question: str) -> list[int]:
    """PostgreSQL's own words, any of them, by its own rank."""
    words = re.findall(r"\w+", question.lower())
    if not words:
        return []
    query = " | ".join(f"'{word}'" for word in words)
    return rows_of(
        "SELECT article_id FROM bench_simple WHERE words @@ %s::tsquery ORDER BY ts_rank(words, %s::tsquery) DESC,"
        " article_id LIMIT 10", [query, query],
    )  # fmt: skip


def trigram(question: str) -> list[int]:
    """How much of the question's letter triples stand in a row in the text."""
    return rows_of(
        "SELECT article_id FROM knowledge_searchtext ORDER BY word_similarity(%s, body) DESC, article_id LIMIT 10",
        [question.lower()],
    )


def pair_bm25(texts: Texts, ids: list[int]) -> Callable[[str], list[int]]:
    """The baseline: BM25 (k1 1.2, b 0.75) over pairs of characters and Latin words, every text looked at."""

    def cut(text: str) -> list[str]:
        found = []
        for run in re.findall(r"[㐀-鿿]+|[a-z0-9]+", text.lower()):
            found += [run] if run.isascii() or len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
        return found

    bags = [Counter(cut(f"{title} {body}")) for title, body in texts]
    sizes = [sum(bag.values()) for bag in bags]
    mean = sum(sizes) / len(sizes)
    holding: dict[str, list[int]] = defaultdict(list)
    for i, bag in enumerate(bags):
        for term in bag:
            holding[term].append(i)

    def ask(question: str) -> list[int]:
        scores: dict[int, float] = defaultdict(float)
        for term in set(cut(question)):
            rows = holding.get(term, [])
            worth = log(1 + (len(texts) - len(rows) + 0.5) / (len(rows) + 0.5))
            for i in rows:
                n = bags[i][term]
                scores[i] += worth * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * sizes[i] / mean))
        return [ids[i] for i in sorted(scores, key=lambda i: (-scores[i], i))[:TEN]]

    return ask


def fill(texts: Iterator[tuple[str, str]] | Texts) -> list[int]:
    """Put texts in as published articles by COPY, past the rules of review, and count their terms. Returns the ids."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    from shouhou.people.models import Organisation

    home, _made = Organisation.objects.get_or_create(name="Bench", defaults={"kind": "headquarters"})
    author, _made = get_user_model().objects.get_or_create(username="bench", defaults={"name": "Bench"})
    first = rows_of("SELECT coalesce(max(id), 0) + 1 FROM knowledge_article", [])[0]
    ids: list[int] = []
    counts: Counter[str] = Counter()
    letters = 0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE coming (id bigint, title text, body text, terms text[]) ON COMMIT PRESERVE ROWS"
        )
        with cursor.copy("COPY coming FROM STDIN") as copy:
            for pk, (title, body, found) in enumerate(indexed(texts), first):
                copy.write_row((pk, title, body, found))
                counts.update(found)
                letters += len(body)
                ids.append(pk)
        cursor.execute(ARTICLES, [home.pk, author.pk, author.pk])
        cursor.execute("INSERT INTO knowledge_searchtext SELECT id, title, body, array_to_tsvector(terms) FROM coming")
        cursor.execute("DROP TABLE coming")
        counts[""] = len(ids)
        from shouhou.knowledge.models.terms import COUNT

        ordered = sorted(counts)
        sizes = [letters if term == "" else 0 for term in ordered]
        cursor.execute(COUNT, [ordered, [counts[term] for term in ordered], sizes])
    return ids


ARTICLES = """
    INSERT INTO knowledge_article (id, organisation_id, title, problem, cause, remedy, audience, status, author_id,
        edited_by_id, drafted_at, returned, from_kind, useful, useless, solved)
    OVERRIDING SYSTEM VALUE
    SELECT id, %s, left(title, 200), '', '', '', 'staff', 'draft', %s, %s, now(), '', '', 0, 0, 0 FROM coming
"""


def indexed(texts: Iterator[tuple[str, str]] | Texts) -> Iterator[tuple[str, str, list[str]]]:
    """Each text as the product's own index holds it."""
    from shouhou.knowledge.rules.segment import fold, terms

    for title, body in texts:
        whole = fold(f"{title}\n{body}")
        yield fold(title), whole, sorted(terms(whole))


def empty() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM knowledge_searchtext")
        cursor.execute("DELETE FROM knowledge_article")
        cursor.execute("DELETE FROM knowledge_searchterm")


def quality(texts: Texts, asked: Asked) -> dict[str, Any]:
    """The figures of ours and of the plain ways over one set."""
    from django.db import connection

    from shouhou.knowledge.actions.finding import find
    from shouhou.knowledge.models import Article

    ids = fill(texts)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_simple AS SELECT article_id, to_tsvector('simple', body) AS words"
            " FROM knowledge_searchtext"
        )
    rows = Article.objects.all()
    found = {
        "ours": measure(lambda text: find(rows, text, most=TEN), asked, ids),
        "BM25 of pairs": measure(pair_bm25(texts, ids), asked, ids),
        "simple tsvector": measure(simple, asked, ids),
        "pg_trgm": measure(trigram, asked, ids),
    }
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_simple")
    empty()
    return found


def many(size: int) -> Iterator[tuple[str, str]]:
    """So many different texts: each two pieces of the real ones, drawn by a fixed rule, and a number of its own."""
    texts = [body for _title, body in cmrc()[0]] + [f"{t} {b}" for t, b in tidb()[0]]
    for i in range(size):
        one, two = texts[(i * 7919) % len(texts)], texts[(i * 104_729 + 13) % len(texts)]
        a, b = (i * 31) % max(1, len(one) - 120), (i * 17) % max(1, len(two) - 180)
        yield f"{one[a : a + 20]}", f"{one[a : a + 120]} {two[b : b + 180]} CASE-{i:07}"


def tidy(superuser: str) -> None:
    """What autovacuum does in time; the product's own role may not."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        for table in ("searchtext", "searchterm", "article"):
            connection.execute(f"VACUUM ANALYZE knowledge_{table}")


def speed(size: int, superuser: str) -> dict[str, Any]:
    """Milliseconds for a real question among so many texts, searched as the page does it."""
    from shouhou.knowledge.actions.finding import find
    from shouhou.knowledge.models import Article

    began = time.perf_counter()
    fill(many(size))
    tidy(superuser)
    made = time.perf_counter() - began
    questions = [question for question, _answer in cmrc()[1][::20]] + [code for code, _answer in tidb()[1]]
    questions += [f"CASE-{i * 997 % size:07}" for i in range(50)] + ["数据库", "打印", "不能登录", "系统", "的"]
    rows = Article.objects.all()
    for question in questions[:20]:
        find(rows, question)
    spent = []
    for question in questions:
        start = time.perf_counter()
        find(rows, question)
        spent.append(1000 * (time.perf_counter() - start))
    spent.sort()
    empty()
    return {
        "texts": size, "seconds_to_make": round(made), "questions": len(questions),
        "p50_ms": round(statistics.median(spent), 1), "p95_ms": round(spent[int(0.95 * len(spent))], 1),
        "max_ms": round(spent[-1], 1),
    }  # fmt: skip


def bench_search(sizes: list[int]) -> dict[str, Any]:
    """Quality over both sets, then speed at each size; a missing folder is skipped, and said."""
    if not FOLDER.exists():
        return {"quality": {}, "speed": [], "skipped": ["the published questions are not on this machine"]}
    with Ground() as ground:
        ground.restart(loading=False)
        sets = {"CMRC 2018 dev": cmrc(), "TiDB error codes": tidb()}
        found = {name: quality(texts, asked) for name, (texts, asked) in sets.items()}
        return {"quality": found, "speed": [speed(size, ground.superuser()) for size in sizes], "skipped": []}
