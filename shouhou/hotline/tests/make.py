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
