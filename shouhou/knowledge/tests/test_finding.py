"""Finding articles in a real database: mixed Chinese, English and codes."""

import pytest

from shouhou.knowledge.actions.finding import find
from shouhou.knowledge.models import Article, SearchTerm
from shouhou.knowledge.tests.make import drafted, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(engineer, supervisor):
    words = {
        "快照过旧": "数据库报 ORA-01555,长查询失败",
        "唯一约束": "导入报 ORA-00001",
        "更新失败": "Windows Update 报 0x80070005 拒绝访问",
        "升级说明": "从 5.2.18 升到 5.2.19 后登录变慢",
        "打印机卡纸": "窗口的打印机经常卡纸,纸张受潮",
        "打印服务": "打印服务 Print Spooler 停止",
    }
    return {title: published(engineer, supervisor, title, problem=problem) for title, problem in words.items()}


def best(text):
    ids = find(Article.objects.all(), text)
    return Article.objects.get(pk=ids[0]).title if ids else None


@pytest.mark.parametrize(
    ("asked", "title"),
    [
        ("ORA-01555", "快照过旧"),
        ("ora 01555", "快照过旧"),
        ("ＯＲＡ－０１５５５", "快照过旧"),
        ("0x80070005", "更新失败"),
        ("80070005", "更新失败"),
        ("5.2.19", "升级说明"),
        ("升级到5.2.19以后登录慢怎么办", "升级说明"),
        ("打印机卡纸了", "打印机卡纸"),
        ("spool", "打印服务"),  # still in the typing
        ("spoolre", "打印服务"),  # a slip of the keys
        ("卡纸", "打印机卡纸"),
    ],
)
def test_the_right_article_comes_first(shelf, asked, title):
    assert best(asked) == title


def test_who_types_a_whole_title_gets_that_article(engineer, supervisor):
    published(engineer, supervisor, "错误 8003 怎么办", problem="ERROR 8003: 报 8003", remedy="8003")
    entry = published(engineer, supervisor, "8003", problem="索引不一致" + "检查数据是否损坏" * 20)
    assert find(Article.objects.all(), " ８００３ ")[0] == entry.pk


@pytest.mark.parametrize("asked", ["", " ", "'", "\\", "&|!", "\x00", "zzzzqqqq", "鑫鑫"])
def test_what_nobody_wrote_finds_nothing_and_breaks_nothing(shelf, asked):
    assert find(Article.objects.all(), asked) == []


def test_only_the_rows_one_may_see_are_found(shelf, customer_user):
    assert find(Article.objects.visible_to(customer_user), "ORA-01555") == []


def counted():
    return dict(SearchTerm.objects.exclude(term="").exclude(articles=0).values_list("term", "articles"))


def test_counts_stay_those_of_the_texts_whatever_is_edited(engineer):
    first = drafted(engineer, "甲乙", problem="丙丁", remedy="x")
    before = counted()
    second = drafted(engineer, "甲乙", problem="丙丁 ORA-01555", remedy="x")
    assert counted()["甲乙"] == 2
    assert counted()["ora-01555"] == 1
    second.edit(by=engineer, audience="staff", product=None, title="甲乙", problem="丙丁", remedy="x")
    assert counted() == dict.fromkeys(before, 2)
    everything = SearchTerm.objects.get(term="")
    texts = [article.text.body for article in Article.objects.select_related("text")]
    assert (everything.articles, everything.letters) == (2, sum(len(text) for text in texts))
    assert first.text.terms
