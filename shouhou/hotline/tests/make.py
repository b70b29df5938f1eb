"""What tests of the hotline make: a number, a telephone system, signed messages."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

from standardwebhooks.webhooks import Webhook

from shouhou.hotline.models import Door, Extension, Line

_ids = count(1)


def telephones(company, **people):
    """The hotline's number and a telephone system; `people` by inner number: n801=agent."""
    line = Line.objects.create(organisation=company, name="服务热线", number="400-123-4567")
    door = Door.objects.create(organisation=company, name="总机")
    for number, user in people.items():
        Extension.objects.create(door=door, number=number.lstrip("n"), user=user)
    return line, door


def message(kind: str, at: datetime, call_id: str = "c1", **data):
    return {"type": f"call.{kind}", "timestamp": at.isoformat(), "data": {"call_id": call_id, **data}}


def post(client, door, body, *, message_id: str = "", secret: str = "", signed_at: datetime | None = None):
    """Send one message as a telephone system does."""
    text = body if isinstance(body, str) else json.dumps(body)
    message_id = message_id or f"msg_{next(_ids)}"
    when = signed_at or datetime.now(UTC)
    signature = Webhook(secret or door.secret).sign(message_id, when, text)
    headers = {
        "webhook-id": message_id, "webhook-timestamp": str(int(when.timestamp())), "webhook-signature": signature,
    }  # fmt: skip
    return client.post(f"/hotline/door/{door.pk}/", text, content_type="application/json", headers=headers)


def seconds(n: float) -> timedelta:
    return timedelta(seconds=n)


def kind_of_shift(company, name="早班", starts="08:00", ends="16:00", **fields):
    from datetime import time

    from shouhou.hotline.models import ShiftKind

    begin, end = (time.fromisoformat(text) for text in (starts, ends))
    return ShiftKind.objects.create(organisation=company, name=name, starts=begin, ends=end, **fields)


def qualified(*users, on="2020-01-01", by=None):
    """People with everything that the hotline asks for (M1)."""
    from datetime import date

    from shouhou.people.actions import qualify
    from shouhou.people.rules import HOTLINE_SKILLS

    for user in users:
        for skill in HOTLINE_SKILLS:
            qualify(user=user, skill=skill, given_on=date.fromisoformat(on), by=by)
    return users


def published(kind, user, day, by):
    """A shift that its person knows of."""
    from shouhou.hotline.actions.roster import hours_of, limit_of, place
    from shouhou.hotline.actions.seats import plan_of

    shift = place(kind, user, day, by=by)
    limit = limit_of(hours_of(kind.organisation, plan_of(kind.organisation)), shift.starts_at)
    shift.publish(by=by, limit_at=limit, exception="", offences=())
    return shift
