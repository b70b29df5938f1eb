"""The service sheet: filed by itself when the visit is over, with the signature that was drawn on site."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shouhou.records.actions.filing import altered
from shouhou.records.models import Record
from shouhou.records.tests.make import png, text_of
from shouhou.shared.files import keep, open_blob
from shouhou.shared.time import moved_to, now
from shouhou.visits.actions.papers import file_sheet
from shouhou.visits.models import VisitPhoto
from shouhou.visits.rules.steps import ORDER
from shouhou.visits.tests.make import TWO, ask, phone, plan, take, visit  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.mark.clause("A4.11", "A4.10")
def test_the_signed_sheet_is_filed_once_the_picture_of_the_signature_is_there(visit, phone, engineer, pump):
    blob = keep(SimpleUploadedFile("sign.png", png(), "image/png"))
    phone.do("part", name="进纸辊", count=1)
    for step in ORDER:
        phone.step(step, **({"signature": blob.sha256} if step == "sign" else {}))
    take(visit, phone, engineer)
    with moved_to(TWO + timedelta(hours=4)):
        assert file_sheet(visit) is None  # the picture is still on the phone
        VisitPhoto.objects.create(visit=visit, blob=blob, by=engineer, received_at=now())
        pump()
        sheet = file_sheet(visit)
        assert file_sheet(visit) == sheet
    assert Record.objects.count() == 1
    sheet.refresh_from_db()
    assert (sheet.status, sheet.number.startswith("FW-"), list(altered())) == ("filed", True, [])
    signature = sheet.signatures.get()
    assert (signature.how, signature.name) == ("drawn", "陈芳")
    words = text_of(open_blob(sheet.pdf).read())
    for said in ("更换进纸辊", "陈芳", "王强", sheet.number):
        assert said in words


def test_a_sheet_that_was_not_signed_says_why(visit, phone, engineer, pump):
    for step in ORDER[:-2]:
        phone.step(step)
    phone.do("except", step="sign", reason="负责人不在")
    phone.step("leave")
    take(visit, phone, engineer)
    with moved_to(TWO + timedelta(hours=4)):
        sheet = file_sheet(visit)
    assert (sheet.status, sheet.signatures.get().how) == ("filed", "refused")


def test_what_is_still_to_be_looked_at_is_not_filed(visit, phone, engineer):
    for step in ORDER[:-2]:
        phone.step(step)
    phone.do("except", step="sign", reason="负责人不在")
    phone.do("except", step="leave", reason="等备件", released_by="周敏")
    take(visit, phone, engineer)
    assert file_sheet(visit) is None
    assert not Record.objects.exists()
