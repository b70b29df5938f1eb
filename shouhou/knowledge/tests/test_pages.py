"""The pages: searched as typed, written, reviewed, read by customers."""

import pytest

from shouhou.knowledge.actions.writing import open_compilation
from shouhou.knowledge.models import Article
from shouhou.knowledge.tests.make import drafted, published

pytestmark = pytest.mark.django_db
PARTIAL = {"HX-Request": "true"}


def text_of(answer):
    return answer.content.decode()


def test_an_engineer_writes_and_a_supervisor_reviews_in_the_browser(client, engineer, supervisor):
    client.force_login(engineer)
    words = {"title": "打印服务停止", "problem": "无法打印", "cause": "", "remedy": "重启服务", "audience": "customers"}
    answer = client.post("/knowledge/new/", words)
    article = Article.objects.get()
    assert answer["Location"] == article.get_absolute_url()
    client.post(f"/knowledge/{article.pk}/submit/")
    client.force_login(supervisor)
    assert article.title in text_of(client.get("/knowledge/?view=review"))
    client.post(f"/knowledge/{article.pk}/return/", {"reason": "步骤太少"})
    client.force_login(engineer)
    assert "步骤太少" in text_of(client.get(f"/knowledge/{article.pk}/"))
    client.post(f"/knowledge/{article.pk}/edit/", words | {"remedy": "1. 打开服务 2. 重启"})
    client.post(f"/knowledge/{article.pk}/submit/")
    client.post(f"/knowledge/{article.pk}/publish/")
    assert Article.objects.get().status == "submitted"  # nobody reviews an own article
    client.force_login(supervisor)
    client.post(f"/knowledge/{article.pk}/publish/")
    article.refresh_from_db()
    assert (article.status, article.version.remedy) == ("published", "1. 打开服务 2. 重启")


def test_the_search_marks_what_it_found_and_answers_htmx_with_rows_alone(client, engineer, supervisor):
    published(engineer, supervisor, "<b>快照</b>过旧", problem="数据库报 ORA-01555 <script>")
    client.force_login(engineer)
    rows = text_of(client.get("/knowledge/", {"q": "ora-01555"}, headers=PARTIAL))
    assert "<mark>ORA-01555</mark>" in rows
    assert "&lt;script&gt;" in rows
    assert "<script>" not in rows
    assert "<html" not in rows
    whole = text_of(client.get("/knowledge/", {"q": "快照"}))
    assert "<mark>快照</mark>" in whole
    assert "<html" in whole


def test_the_list_is_kept_to_one_product(client, engineer, supervisor):
    from shouhou.equipment.models import Product

    platform = Product.objects.create(name="政务平台")
    published(engineer, supervisor, "登录变慢", product=platform)
    published(engineer, supervisor, "打印卡纸")
    client.force_login(engineer)
    shown = text_of(client.get("/knowledge/", {"product": platform.pk}))
    assert "登录变慢" in shown
    assert "打印卡纸" not in shown


def test_a_customer_reads_and_rates_what_is_published_to_customers(client, engineer, supervisor, customer_user):
    open_one = published(engineer, supervisor, "登录变慢", audience="customers")
    inner = published(engineer, supervisor, "登录后门")
    client.force_login(customer_user)
    shown = text_of(client.get("/knowledge/", {"q": "登录", "view": "drafts"}))
    assert "变慢" in shown
    assert "后门" not in shown
    page = text_of(client.get(open_one.get_absolute_url()))
    assert "登录变慢" in page
    assert engineer.name not in page
    assert client.get(inner.get_absolute_url()).status_code == 404
    client.post(f"/knowledge/{open_one.pk}/vote/", {"useful": "yes"})
    open_one.refresh_from_db()
    assert open_one.useful == 1
    for move in ("submit", "publish", "return", "revise", "retire"):
        assert client.post(f"/knowledge/{open_one.pk}/{move}/").status_code == 404
    assert client.get("/knowledge/compilations/").status_code == 404


@pytest.mark.clause("A5.5")
def test_an_overdue_compilation_is_flagged(client, person, centre, manager):
    from datetime import date

    row = open_compilation(organisation=centre, starts_on=date(2020, 1, 1), ends_on=date(2020, 3, 31), by=None)
    client.force_login(manager)
    assert "state broken" in text_of(client.get("/knowledge/compilations/"))
    writer = person("cd", "engineer", organisation=centre)
    Article.objects.filter(pk=drafted(writer).pk).update(compilation=row)
    client.force_login(writer)
    client.post(f"/knowledge/compilations/{row.pk}/submit/")
    assert "state broken" not in text_of(client.get("/knowledge/compilations/"))
