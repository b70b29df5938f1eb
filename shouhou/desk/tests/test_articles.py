"""Articles beside a request: suggested while it is open, written from it in two clicks once it is solved."""

import pytest

from shouhou.knowledge.models import Article
from shouhou.knowledge.tests.make import published

pytestmark = pytest.mark.django_db


def text_of(answer):
    return answer.content.decode()


@pytest.mark.clause("A1.8")
def test_similar_articles_stand_beside_an_open_request(client, engineer, supervisor, take):
    case = take(subject="窗口电脑无法打印", description="打印机报 ORA-01555")
    right = published(engineer, supervisor, "打印机报错", problem="打印机报 ORA-01555")
    published(engineer, supervisor, "登录变慢", problem="登录")
    client.force_login(engineer)
    assert f"/knowledge/requests/{case.pk}/" in text_of(client.get(f"/requests/{case.pk}/"))
    shown = text_of(client.get(f"/knowledge/requests/{case.pk}/"))
    assert "打印机报错" in shown
    assert "登录变慢" not in shown
    client.post(f"/knowledge/requests/{case.pk}/used/", {"article": right.pk})
    right.refresh_from_db()
    assert right.solved == 1


@pytest.mark.clause("A5.5")
def test_a_solved_request_gives_an_article_in_two_clicks(client, engineer, take):
    case = take(subject="窗口电脑无法打印", description="昨天起")
    client.force_login(engineer)
    client.post(f"/knowledge/requests/{case.pk}/write/")
    assert not Article.objects.exists()
    case.resolve("重启打印服务", by=case.owner)
    assert f"/knowledge/requests/{case.pk}/write/" in text_of(client.get(f"/knowledge/requests/{case.pk}/"))
    first = client.post(f"/knowledge/requests/{case.pk}/write/")
    article = Article.objects.get()
    assert first["Location"] == f"/knowledge/{article.pk}/edit/"
    assert (article.title, article.problem, article.remedy) == ("窗口电脑无法打印", "昨天起", "重启打印服务")
    client.post(f"/knowledge/{article.pk}/submit/")
    article.refresh_from_db()
    assert article.status == "submitted"


def test_a_customer_s_page_asks_for_no_articles(client, customer_user, take):
    case = take()
    client.force_login(customer_user)
    assert client.get(f"/knowledge/requests/{case.pk}/").status_code == 404
