"""From draft to retired: nobody reads what nobody else has reviewed."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from shouhou.knowledge.actions.writing import (
    draft_from_case,
    open_compilation,
    open_due_compilations,
    quarter_before,
    used_in,
    vote,
)
from shouhou.knowledge.models import Article, Compilation
from shouhou.knowledge.tests.make import drafted, published
from shouhou.shared.lifecycle import Refused, UnrecordedWrite
from shouhou.shared.models import Event

pytestmark = pytest.mark.django_db


def kinds(row):
    return list(Event.objects.of(row).order_by("id").values_list("kind", flat=True))


def test_an_article_goes_from_draft_over_review_to_its_readers(engineer, supervisor, customer_user):
    article = drafted(engineer, audience="customers")
    assert not Article.objects.visible_to(customer_user).exists()
    article.submit(by=engineer)
    article.publish(by=supervisor)
    assert Article.objects.visible_to(customer_user).get() == article
    assert article.version.number == 1
    assert article.version.reviewer == supervisor
    article.retire(by=supervisor)
    assert not Article.objects.visible_to(customer_user).exists()
    assert kinds(article) == ["article.drafted", "article.submitted", "article.published", "article.retired"]


def test_nobody_reviews_what_they_wrote_or_edited(person):
    author, editor, third = (person(name, "supervisor") for name in ("a", "b", "c"))
    article = drafted(author)
    article.edit(by=editor, audience="staff", product=None, title="T", problem="P", remedy="R")
    article.submit(by=author)
    for by in (author, editor):
        with pytest.raises(Refused):
            article.publish(by=by)
    article.publish(by=third)
    assert article.status == "published"


def test_an_engineer_reviews_nothing(engineer, person):
    article = drafted(engineer)
    article.submit(by=engineer)
    with pytest.raises(Refused):
        article.publish(by=person("other", "engineer"))


def test_what_is_sent_back_says_why_and_comes_again(engineer, supervisor):
    article = drafted(engineer)
    article.submit(by=engineer)
    with pytest.raises(Refused):
        article.send_back(reason=" ", by=supervisor)
    article.send_back(reason="缺少版本号", by=supervisor)
    assert (article.status, article.returned) == ("draft", "缺少版本号")
    article.submit(by=engineer)
    assert (article.status, article.returned) == ("submitted", "")
    assert "article.returned" in kinds(article)


def test_readers_keep_the_published_words_while_the_next_version_is_written(engineer, supervisor, customer_user):
    article = published(engineer, supervisor, audience="customers")
    article.revise(by=engineer)
    article.edit(by=engineer, audience="staff", product=None, title="打印", problem="内部账号", remedy="R")
    article = Article.objects.visible_to(customer_user).get()
    assert article.read.title == "打印服务停止"
    assert "内部账号" not in article.text.body
    article.submit(by=engineer)
    article.publish(by=supervisor)
    article = Article.objects.get()
    assert (article.version.number, article.versions.count()) == (2, 2)
    assert "内部账号" in article.text.body
    assert not Article.objects.visible_to(customer_user).exists()


def test_a_published_version_never_changes(engineer, supervisor):
    version = published(engineer, supervisor).version
    version.title = "X"
    with pytest.raises(UnrecordedWrite):
        version.save()
    for statement in ("UPDATE knowledge_articleversion SET title = 'X'", "DELETE FROM knowledge_articleversion"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_only_a_complete_draft_is_submitted_and_only_a_draft_is_edited(engineer):
    article = drafted(engineer, remedy=" ")
    with pytest.raises(Refused):
        article.submit(by=engineer)
    words = {"title": "T", "problem": "P", "remedy": "R"}
    article.edit(by=engineer, audience="staff", product=None, **words)
    article.submit(by=engineer)
    with pytest.raises(Refused):
        article.edit(by=engineer, audience="staff", product=None, **words)


def test_a_centre_s_drafts_stay_there_until_they_are_published(person, centre, company, manager):
    writer = person("cd", "engineer", organisation=centre)
    from shouhou.people.models import Organisation

    elsewhere = person("xa", "engineer", organisation=Organisation.objects.create(name="西安", parent=company))
    article = drafted(writer)
    assert not Article.objects.visible_to(elsewhere).exists()
    assert Article.objects.visible_to(manager).exists()
    with pytest.raises(Refused):
        article.edit(by=elsewhere, audience="staff", product=None, title="T", problem="P")
    article.submit(by=writer)
    article.publish(by=manager)
    assert Article.objects.visible_to(elsewhere).get() == article


def test_a_case_gives_one_article_however_often_it_is_asked(engineer):
    given = {"case_kind": "request", "case_id": 7, "organisation": engineer.home, "by": engineer}
    first = draft_from_case(**given, title="打印", problem="无法打印", remedy="重启")
    assert draft_from_case(**given, title="打印", problem="无法打印") == first
    assert (first.from_kind, first.from_id) == ("request", 7)


def test_votes_count_once_for_each_person_and_never_for_the_author(engineer, supervisor, agent):
    article = published(engineer, supervisor)
    vote(article, useful=True, by=agent)
    vote(article, useful=False, by=agent)
    vote(article, useful=True, by=supervisor)
    assert (article.useful, article.useless) == (1, 1)
    with pytest.raises(Refused):
        vote(article, useful=True, by=engineer)
    with pytest.raises(Refused):
        vote(drafted(engineer), useful=True, by=agent)


def test_an_article_solves_a_case_once(engineer, supervisor, agent):
    article = published(engineer, supervisor)
    for _again in range(2):
        used_in(article, case_kind="request", case_id=7, by=agent)
    used_in(article, case_kind="request", case_id=8, by=agent)
    assert article.solved == 2
    assert kinds(article).count("article.used") == 2
    with pytest.raises(Refused):
        used_in(drafted(engineer), case_kind="request", case_id=9, by=agent)


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 1), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 3, 31), date(2025, 10, 1), date(2025, 12, 31)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 3, 31)),
    ],
)
def test_the_quarter_before(day, first, last):
    assert quarter_before(day) == (first, last)


@pytest.mark.clause("A5.5")
def test_a_provider_s_compilation_is_submitted_reviewed_and_published(person, centre, manager):
    writer = person("cd", "engineer", organisation=centre)
    article = drafted(writer)
    day = article.drafted_at.astimezone(centre.tz).date()
    period = {"organisation": centre, "starts_on": day, "ends_on": day}
    row = open_compilation(**period, by=manager)
    assert open_compilation(**period, by=None) == row
    assert list(row.articles.all()) == [article]
    row.submit(by=writer)
    with pytest.raises(Refused):
        row.publish(by=manager)  # its article is not published yet
    article.refresh_from_db()
    article.submit(by=writer)
    article.publish(by=manager)
    with pytest.raises(Refused):
        row.publish(by=writer)
    row.publish(by=manager)
    assert kinds(row) == ["compilation.opened", "compilation.submitted", "compilation.published"]


@pytest.mark.clause("A5.5")
def test_a_compilation_not_submitted_by_its_day_is_overdue(person, centre, manager):
    writer = person("cd", "engineer", organisation=centre)
    article = drafted(writer)
    day = article.drafted_at.astimezone(centre.tz).date()
    row = open_compilation(organisation=centre, starts_on=day, ends_on=day, by=None)
    assert not Compilation.objects.overdue(row.due_on).exists()
    assert Compilation.objects.overdue(row.due_on + timedelta(days=1)).get() == row
    row.submit(by=writer)
    assert not Compilation.objects.overdue(row.due_on + timedelta(days=1)).exists()


def test_an_empty_compilation_is_not_submitted_and_its_submitter_does_not_check_it(person, centre):
    lead = person("cd", "supervisor", organisation=centre)
    row = open_compilation(organisation=centre, starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 31), by=lead)
    with pytest.raises(Refused):
        row.submit(by=lead)
    Article.objects.filter(pk=drafted(lead).pk).update(compilation=row)
    row.submit(by=lead)
    with pytest.raises(Refused):
        row.send_back(by=lead)
    row.send_back(by=person("cd2", "supervisor", organisation=centre))
    assert row.status == "open"


@pytest.mark.clause("A5.5")
def test_each_centre_gets_its_quarter_s_compilation_by_itself_once(centre, company):
    for _again in range(2):
        open_due_compilations()
    assert [row.organisation for row in Compilation.objects.all()] == [centre]
