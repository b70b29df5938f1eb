import gettext
from pathlib import Path

import pytest

from config.translations import CATALOGUE, compile_all, compile_catalogue, extract, problems, read, update

PYTHON = """
from django.utils.translation import gettext as _now, gettext_lazy as _, ngettext, pgettext
from django.utils import translation

TITLE = _("Requests")
MONTH = pgettext("month", "May")

def greet(name, count, words):
    translation.gettext(words)
    _now("Good "
         "morning, %(name)s") % {"name": name}
    return ngettext("%(count)d visit", "%(count)d visits", count)
"""
PAGE = """{% load i18n %}
<h1>{% trans "Overdue" %} {% trans "May" context "verb" %}</h1>
<p title="{{ kind|default:_("None (yet)") }}">It's not translated, nor is gettext.</p>
{% blocktrans count n=rows|length trimmed %}
  One row of {{ name }}
{% plural %}
  {{ n }} rows of {{ name }}
{% endblocktrans %}
{% translate "50 % used" %}
"""


@pytest.fixture
def tree(tmp_path):
    """A product of three files, of which one is a test."""
    for name, text in {
        "shouhou/requests/models.py": PYTHON,
        "shouhou/requests/templates/requests/list.html": PAGE,
        "shouhou/notices/templates/notices/mail.txt": '{% load i18n %}{% trans "Dear customer" %}',
        "shouhou/requests/tests/test_x.py": 'from django.utils.translation import gettext as _\n_("Never")',
        "shouhou/requests/migrations/0001_first.py": 'from django.utils.translation import gettext as _\n_("Never")',
        "config/settings.py": 'from django.utils.translation import gettext_lazy as _\nX = _("Chinese")',
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


LIST = "shouhou/requests/templates/requests/list.html"
TRANSLATIONS = {
    "Requests": "服务请求",
    "Good morning, %(name)s": "%(name)s，早上好",
    "%(count)d visit": "%(count)d 次上门",
    "Overdue": "已超时",
    "None (yet)": "（暂）无",
    "One row of %(name)s": "%(name)s 的 %(n)s 行",
    "50 %% used": "已用 50 %%",
    "Dear customer": "尊敬的客户",
    "Chinese": "中文",
}


def po_of(tree: Path) -> Path:
    return tree / CATALOGUE


def translate(tree: Path, **others: str) -> None:
    """Write the translations into the catalogue's file, as a person does with an editor."""
    text = po_of(tree).read_text("utf-8")
    for msgid, words in {**TRANSLATIONS, **others}.items():
        for empty in ('msgstr ""', 'msgstr[0] ""'):
            head, found, tail = text.partition(f'msgid "{msgid}"\n')
            plural = tail.split("\n", 1) if tail.startswith("msgid_plural") else ["", tail]
            if found and plural[1].startswith(empty):
                rest = plural[1][len(empty) :]
                before = f"{plural[0]}\n" if plural[0] else ""
                text = f'{head}{found}{before}{empty[:-2]}"{words}"{rest}'
    text = text.replace('msgctxt "month"\nmsgid "May"\nmsgstr ""', 'msgctxt "month"\nmsgid "May"\nmsgstr "五月"')
    text = text.replace('msgctxt "verb"\nmsgid "May"\nmsgstr ""', 'msgctxt "verb"\nmsgid "May"\nmsgstr "可以"')
    po_of(tree).write_text(text, "utf-8")


@pytest.fixture
def translated(tree):
    update(po_of(tree), tree)
    translate(tree)
    return tree


def test_words_of_code_pages_and_mail_are_found(tree):
    found = {(m.id, m.context) for m in extract(tree) if m.id}
    assert found == {
        ("Requests", None),
        ("May", "month"),
        ("May", "verb"),
        ("Good morning, %(name)s", None),
        (("%(count)d visit", "%(count)d visits"), None),
        ("Overdue", None),
        ("None (yet)", None),
        (("One row of %(name)s", "%(n)s rows of %(name)s"), None),
        ("50 %% used", None),
        ("Dear customer", None),
        ("Chinese", None),
    }


def test_everything_is_missing_at_first(tree):
    update(po_of(tree), tree)
    assert len(problems(tree)) == 11
    assert "shouhou/notices/templates/notices/mail.txt: 'Dear customer' has no Chinese translation." in problems(tree)


def test_a_translated_catalogue_has_no_problems_and_speaks(translated):
    assert problems(translated) == []

    with compile_catalogue(po_of(translated)).open("rb") as file:
        spoken = gettext.GNUTranslations(file)

    assert spoken.gettext("Requests") == "服务请求"
    assert spoken.pgettext("month", "May") == "五月"
    assert spoken.pgettext("verb", "May") == "可以"
    assert spoken.ngettext("%(count)d visit", "%(count)d visits", 1) == "%(count)d 次上门"
    assert spoken.ngettext("%(count)d visit", "%(count)d visits", 7) == "%(count)d 次上门"


def test_making_it_again_changes_nothing(translated):
    before = po_of(translated).read_bytes()
    update(po_of(translated), translated)
    assert po_of(translated).read_bytes() == before
    assert b"Date" not in before
    assert b"#: shouhou/requests/models.py\n" in before


def test_new_words_come_empty_and_unused_ones_go(translated):
    page = translated / "shouhou/notices/templates/notices/mail.txt"
    page.write_text('{% load i18n %}{% trans "Dear colleague" %}', "utf-8")
    assert problems(translated) == [
        "shouhou/notices/templates/notices/mail.txt: 'Dear colleague' has no Chinese translation.",
        "'Dear customer' is translated but nobody says it any more.",
    ]

    update(po_of(translated), translated)

    catalogue = read(po_of(translated))
    assert catalogue["Dear colleague"].string == ""
    assert "Dear customer" not in catalogue
    assert catalogue["Requests"].string == "服务请求"
    assert "#~" not in po_of(translated).read_text("utf-8")


def test_a_placeholder_that_differs_is_found(tree):
    update(po_of(tree), tree)
    translate(tree, **{"Good morning, %(name)s": "%(nome)s，早上好", "One row of %(name)s": "%(n)s 行"})
    assert problems(tree) == [
        "shouhou/requests/models.py: the placeholders of 'Good morning, %(name)s' and '%(nome)s，早上好' differ.",
        f"{LIST}: the placeholders of '%(n)s rows of %(name)s' and '%(n)s 行' differ.",
    ]


def test_fuzzy_translations_and_chinese_ids_are_found(translated):
    text = po_of(translated).read_text("utf-8")
    po_of(translated).write_text(text.replace('msgid "Overdue"', '#, fuzzy\nmsgid "Overdue"'), "utf-8")
    (translated / "config/settings.py").write_text(
        'from django.utils.translation import gettext_lazy as _\nX = _("Chinese")\nY = _("中文")\nZ = _("Key 转 8")',
        "utf-8",
    )
    assert set(problems(translated)) == {
        "config/settings.py: the message id '中文' is Chinese; ids are English.",
        "config/settings.py: '中文' has no Chinese translation.",
        "config/settings.py: 'Key 转 8' has no Chinese translation.",
        f"{LIST}: the translation of 'Overdue' is fuzzy; check it and remove the flag.",
    }


def test_what_is_not_translated_shows_in_english(tree):
    update(po_of(tree), tree)
    with compile_catalogue(po_of(tree)).open("rb") as file:
        spoken = gettext.GNUTranslations(file)
    assert spoken.gettext("Requests") == "Requests"
    assert spoken.ngettext("%(count)d visit", "%(count)d visits", 2) == "%(count)d visits"


def test_compiling_at_start_needs_no_catalogue(tree):
    compile_all(tree)
    assert not po_of(tree).with_suffix(".mo").exists()
    update(po_of(tree), tree)
    compile_all(tree)
    assert po_of(tree).with_suffix(".mo").exists()
