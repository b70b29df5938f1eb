"""A document on paper: the same bytes for the same data, and every word of people as they wrote it."""

import hashlib
import json
import re
import warnings
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import typst
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from shouhou.records.rules import rendering
from shouhou.records.rules.content import UnknownField, canonical, clean, digest_of, new_uid
from shouhou.records.rules.glyphs import covered, printable
from shouhou.records.rules.kinds import BadKind, Field, Kind, Party, Section, register_kind
from shouhou.records.rules.rendering import Sheet, Signed, render
from shouhou.records.tests.make import CONTENT, LOG, SHEET, png
from shouhou.records.tests.read_pdf import pages_of, text_of

FULL = Sheet(
    company="华信软件", organisation="成都服务中心", title="现场服务单", number="PS-2026-00001", customer="市民中心",
    digest="ab" * 32, url="https://example.cn/records/verify/0190/", mark="",
    signatures=(Signed("Customer", "陈芳", "Drawn 2026-06-08 10:00", png()), Signed("Engineer")),
)  # fmt: skip
HOSTILE = [
    '#read("/etc/passwd")', '#import "@preview/x:1.0.0"', "*粗* _斜_ `原` $x^2$ = 标题", "#{panic()}", "]#show: none[",
    "\\u{41} \\ <label> @ref // 注释 /* */", "<b>&amp;</b>", "'\"‘“", "a\tb\nc\r\nd", "${PATH} %s {unit}",
    "~ -- ... ---",
    "长" * 300, "x" * 1000, "http://example.cn/" + "a" * 300, "  两头空格  ",
]  # fmt: skip


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("archive", [True, False])
def test_the_same_data_give_the_same_bytes_and_other_data_others(archive):
    first, again = (render(SHEET, CONTENT, language="en", sheet=FULL, archive=archive) for _ in range(2))
    assert hashlib.sha256(first).digest() == hashlib.sha256(again).digest()
    assert first != render(SHEET, {**CONTENT, "unit": "别家"}, language="en", sheet=FULL, archive=archive)


def test_a_document_for_the_archive_says_that_it_is_pdf_a_and_carries_its_fonts():
    pdf = render(SHEET, CONTENT, language="zh-hans", sheet=FULL, archive=True)
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert set(re.findall(rb"/BaseFont/\w+\+([\w-]+)", pdf)) == {b"NotoSansSC-Regular", b"NotoSansSC-Bold"}
    assert pdf.count(b"/FontFile") == 2
    assert b"<pdfaid:part>" not in render(SHEET, CONTENT, language="zh-hans", sheet=FULL)


def test_everything_that_belongs_on_the_sheet_stands_there():
    pdf = render(SHEET, CONTENT, language="en", sheet=FULL, archive=True)
    ((body, around),) = pages_of(pdf)
    wanted = "华信软件 成都服务中心 现场服务单 PS-2026-00001 市民中心 2026-06-0809:00 Onsite Yes"
    wanted += " 核对地址 确认故障 Customer 陈芳 Drawn2026-06-0810:00 Engineer Signatures"
    assert [words for words in wanted.split() if words not in body] == []
    assert "ab" * 32 in around
    assert "TimesinUTC+08:00" in around
    assert around.endswith("Page1of1")
    assert pdf.count(b"/Subtype/Image") == 2  # the ink, and how much of it covers


def test_times_are_told_in_the_zone_of_the_organisation_and_say_so_where_summer_time_differs():
    paris = Sheet(zone=ZoneInfo("Europe/Paris"), printed_at=datetime(2026, 12, 1, tzinfo=UTC))
    text = text_of(render(SHEET, CONTENT, language="en", sheet=paris))
    assert "2026-06-0803:00(UTC+02:00)" in text
    assert "TimesinUTC+01:00" in text


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_people_are_printed_and_never_obeyed(text):
    body = "".join(page for page, _around in pages_of(render(LOG, {"text": text}, language="en", archive=True)))
    assert squeezed(text) in body
    assert "root:" not in body


@pytest.mark.parametrize("place", ["company", "organisation", "title", "number", "customer", "mark"])
def test_words_around_the_data_are_not_obeyed_either(place):
    text = '#read("/etc/passwd")$x$*b*'
    assert text in text_of(render(LOG, {"text": "x"}, language="en", sheet=Sheet(**{place: text}), archive=True))


def test_a_signers_name_and_words_are_not_obeyed():
    sheet = Sheet(signatures=(Signed("P#p", "*陈*#n", "$w$\nReason: 'x'"),))
    body = text_of(render(LOG, {"text": "x"}, language="en", sheet=sheet, archive=True))
    assert "P#p*陈*#n$w$Reason:'x'" in body


def test_ten_thousand_letters_run_over_pages_and_none_is_lost():
    text = "".join(f"第{n}行，" for n in range(2500))[:10_000]
    pages = pages_of(render(LOG, {"text": text}, language="zh-hans", sheet=FULL, archive=True))
    assert len(pages) > 3
    assert text in "".join(body for body, _around in pages)
    assert all("PS-2026-00001" in around for _body, around in pages[1:])
    assert pages[-1][1].endswith(f"第{len(pages)}页，共{len(pages)}页")


def test_a_long_table_repeats_its_head_on_every_page():
    steps = [{"n": n, "text": f"第{n}步"} for n in range(150)]
    pages = pages_of(render(SHEET, {**CONTENT, "steps": steps}, language="zh-hans", sheet=FULL, archive=True))
    with_steps = [body + around for body, around in pages if "步" in body]
    assert len(with_steps) > 2
    assert all("No.Done" in page for page in with_steps)  # repeated ones are marked as standing around the text
    assert "第149步" in "".join(body for body, _around in pages)


@pytest.mark.parametrize("content", [{}, dict.fromkeys(CONTENT, None), {**CONTENT, "unit": "", "steps": []}])
def test_empty_values_print_as_a_dash_and_break_nothing(content):
    assert "–" in text_of(render(SHEET, content, language="zh-hans", archive=True))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("好😀", "好〔U+1F600〕"), ("𠮷野家", "〔U+20BB7〕野家"), ("a\u202eb", "a〔U+202E〕b"), ("❤️", "〔U+2764〕"),
        ("ab\x00\x07c", "abc"), ("한", "〔U+D55C〕"), ("①℃龘㐀é", "①℃龘㐀é"), ("\ue000", "〔U+E000〕"),
    ],
)  # fmt: skip
def test_letters_that_our_font_lacks_are_named_by_their_number(text, shown):
    assert shown in text_of(render(LOG, {"text": text}, language="en", archive=True))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_no_text_whatsoever_stops_an_archive_document(text):
    body = text_of(render(LOG, {"text": text}, language="zh-hans", archive=True))
    known = printable(text, covered(rendering.font_folder() / rendering.REGULAR))
    assert squeezed(known).replace("\u200b", "").replace("\xad", "") in body.replace("\xad", "")


def test_a_language_gives_its_own_words_but_leaves_data_alone():
    english, chinese = (text_of(render(SHEET, CONTENT, language=code, sheet=FULL)) for code in ("en", "zh-hans"))
    assert "Signatures" in english
    assert "签字" in chinese
    assert "无法打印" in english
    assert "无法打印" in chinese


def test_a_template_of_a_room_reaches_no_file_of_this_machine(tmp_path):
    room = tmp_path / "room.typ"
    room.write_text('#import "house.typ": *\n#show: house\n#letterhead()\nRoom: #doc.data.text\n')
    own = Kind("probe_own", "Own", LOG.sections, LOG.pattern, None, template=room)
    assert "Room:#x" in text_of(render(own, {"text": "#x"}, language="en", sheet=FULL, archive=True))
    for bad in ('#read("/etc/hostname")', '#read("../models.py")', '#import "@preview/cetz:0.3.0"', "#nothing"):
        room.write_text(bad)
        with pytest.raises(rendering.RenderFailed):
            render(own, {"text": "x"}, language="en")


def test_typst_warns_of_nothing_in_the_house_style():
    files = {name: (rendering.TYPST / name).read_bytes() for name in ("house.typ", "form.typ")}
    document = json.dumps(rendering._document(SHEET, CONTENT, "zh-hans", FULL), ensure_ascii=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _pdf, told = typst.compile_with_warnings(
            {"main.typ": files["form.typ"], "house.typ": files["house.typ"]}, root=str(rendering.TYPST),
            font_paths=rendering._fonts(), sys_inputs={"document": document},
        )  # fmt: skip
    assert [str(warning) for warning in told] == []


# --- content and kinds ----------------------------------------------------------------------------


def test_content_has_one_fixed_writing_and_a_hash_over_all_of_it():
    assert canonical({"b": [1, True, None], "a": "中"}) == '{"a":"中","b":[1,true,null]}'.encode()
    known = digest_of(kind="k", title="t", content={"a": 1})
    assert known == hashlib.sha256(b'{"content":{"a":1},"kind":"k","title":"t"}').hexdigest()
    others = [("k2", "t", {"a": 1}), ("k", "t2", {"a": 1}), ("k", "t", {"a": "1"}), ("k", "t", {"a": 1, "b": None})]
    assert len({known, *(digest_of(kind=k, title=t, content=c) for k, t, c in others)}) == 5


def test_content_is_plain_and_whole():
    kept = clean(SHEET, {"unit": "a\x00b\ud800", "steps": [{"n": 1}]})
    assert kept["unit"] == "a\ufffdb\ufffd"
    assert kept["steps"] == [{"n": 1, "text": None}]
    assert set(kept) == set(SHEET.fields)


@pytest.mark.parametrize("value", [1.5, b"x", object(), gettext_lazy("Name")])
def test_a_value_without_a_fixed_writing_is_refused(value):
    with pytest.raises(TypeError):
        clean(LOG, {"text": value})


def test_a_field_that_the_kind_does_not_have_is_refused():
    with pytest.raises(UnknownField, match="phone"):
        clean(SHEET, {"phone": "1"})
    with pytest.raises(UnknownField, match="by"):
        clean(SHEET, {"steps": [{"by": "1"}]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"pattern": "X-{n}"}, {"pattern": "X-{year}-{n}-{organisation}"}, {"parties": (Party("a", "A"),) * 2},
        {"sections": (Section("", (Field("a", "A"), Field("a", "B"))),)},
        {"sections": (Section("", (Field("a", "A", "table"),)),)},
        {"sections": (Section("", (Field("a", "A", "picture"),)),)},
        {"template": rendering.TYPST / "absent.typ"},
    ],
)  # fmt: skip
def test_a_kind_that_could_not_be_printed_or_numbered_is_refused(wrong):
    fields = {"key": "x", "name": "X", "sections": LOG.sections, "pattern": "X-{year}-{n}", "retention_years": 1}
    with pytest.raises(BadKind):
        register_kind(Kind(**{**fields, **wrong}))


def test_uids_are_uuids_of_version_7_in_the_order_of_time():
    uids = [new_uid() for _ in range(200)]
    assert {u.version for u in uids} == {7}
    assert {u.variant for u in uids} == {"specified in RFC 4122"}
    assert len(set(uids)) == 200
    assert [u.int >> 80 for u in uids] == sorted(u.int >> 80 for u in uids)
