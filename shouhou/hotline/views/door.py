"""The door that any telephone system can drive: signed messages (Standard Webhooks)."""

import json
from typing import Annotated, Any, Literal

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shouhou.hotline.actions.hearing import hear
from shouhou.hotline.models import Door
from shouhou.hotline.rules.telephony import KINDS

Text = Annotated[str, Field(max_length=200)]
Count = Annotated[int, Field(ge=0, le=1000)]


class Message(BaseModel):
    """What a telephone system says of one call; `type` is call.ringing, call.answered and so on."""

    model_config = ConfigDict(extra="ignore")

    class Data(BaseModel):
        model_config = ConfigDict(extra="ignore")

        call_id: Annotated[str, Field(min_length=1, max_length=200)]
        caller: Text = ""
        dialled: Text = ""
        extension: Annotated[str, Field(max_length=40)] = ""
        rings: Count | None = None
        ring_seconds: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] | None = None
        queued_at: AwareDatetime | None = None

        @field_validator("call_id", "caller", "dialled", "extension")
        @classmethod
        def printable(cls, text: str) -> str:
            if not text.isprintable():
                raise ValueError("holds a character that cannot be printed")
            return text.strip()

    type: Literal["call.ringing", "call.answered", "call.held", "call.resumed", "call.abandoned", "call.hung_up"]
    timestamp: AwareDatetime
    data: Data


assert {f"call.{kind}" for kind in KINDS} == set(Message.model_fields["type"].annotation.__args__)  # type: ignore[union-attr]


@csrf_exempt
@require_POST
def hear_message(request: HttpRequest, pk: int) -> JsonResponse:
    """Take in one message. 200 taken or known already, 400 not understood (with what to mend), 401 not signed rightly.

    A system that gets no answer, or 5xx, sends the message again under the same webhook-id: it counts once.
    """
    door = Door.objects.filter(pk=pk, retired_at=None).select_related("organisation").first()
    if door is None or not signed(door, request):
        return JsonResponse({"error": _("The signature does not fit: check the secret and the clock.")}, status=401)
    try:
        message = Message.model_validate_json(request.body)
    except ValidationError as wrong:
        return JsonResponse({"error": _("Not understood."), "fields": fields_of(wrong)}, status=400)
    details: dict[str, Any] = message.data.model_dump()
    call, new = hear(
        door, message_id=request.headers["webhook-id"][:200], kind=message.type.removeprefix("call."),
        call_ref=details.pop("call_id"), at=message.timestamp, **details,
    )  # fmt: skip
    return JsonResponse({"call": call.pk, "phase": call.phase, "taken": "now" if new else "before"})


def signed(door: Door, request: HttpRequest) -> bool:
    """Whether the message bears a signature by a secret in force, made within five minutes of now."""
    headers = {name: request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    for secret in door.secrets():
        try:
            Webhook(secret).verify(request.body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError):  # also what cannot be read as a signature
            continue
        return True
    return False


def fields_of(wrong: ValidationError) -> dict[str, str]:
    """What is wrong, by field."""
    found = json.loads(wrong.json(include_url=False, include_context=False, include_input=False))
    return {".".join(str(part) for part in one["loc"]) or "body": one["msg"] for one in found}
