"""Builders of articles."""

from typing import Any

from shouhou.knowledge.actions.writing import draft_article
from shouhou.knowledge.models import Article


def drafted(by: Any, title: str = "打印服务停止", problem: str = "窗口电脑无法打印", **words: Any) -> Article:
    """A draft of this person's organisation, ready to be submitted."""
    words.setdefault("remedy", "重启 Print Spooler 服务。")
    return draft_article(organisation=words.pop("organisation", by.home), by=by, title=title, problem=problem, **words)


def published(by: Any, reviewer: Any, title: str = "打印服务停止", **words: Any) -> Article:
    """An article that another person reviewed."""
    article = drafted(by, title, **words)
    article.submit(by=by)
    article.publish(by=reviewer)
    return article
