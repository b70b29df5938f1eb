"""The JSON door of requests: the same querysets and the same moves as the pages."""

from datetime import datetime

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict, Field, field_validator

from shouhou.customers.models import Customer, contact_of
from shouhou.people.models import SignedRequest
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import resolve_request
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Cause, Channel, Grade, Kind

router = Router(tags=["requests"])


class RequestOut(Schema):
    id: int
    number: str
    status: str
    severity: str
    subject: str
    customer_id: int | None
    owner_id: int
    reported_at: datetime
    next_due_at: datetime
    next_clock_state: str


class ClockOut(Schema):
    code: str
    clause: str
    state: str
    started_at: datetime
    due_at: datetime | None
    stopped_at: datetime | None


def without_nul(text: str) -> str:
    """No text of ours holds a NUL, and PostgreSQL keeps none."""
    if "\x00" in text:
        raise ValueError("holds a NUL character")
    return text.strip()


class RequestIn(Schema):
    model_config = ConfigDict(use_enum_values=True, validate_default=True)

    subject: str = Field(min_length=1, max_length=200)
    customer_id: int | None = None
    caller_unit: str = Field("", max_length=200)
    caller_name: str = Field("", max_length=100)
    caller_phone: str = Field("", max_length=60)
    description: str = Field("", max_length=50_000)
    need: str = Field("", max_length=300)
    kind: Kind = Kind.FAULT
    channel: Channel = Channel.MONITORING
    impact: Grade = Grade.MEDIUM
    urgency: Grade = Grade.MEDIUM
    reported_at: AwareDatetime | None = None
    occurred_at: AwareDatetime | None = None

    @field_validator("subject", "caller_unit", "caller_name", "caller_phone", "description", "need")
    @classmethod
    def printable(cls, text: str) -> str:
        return without_nul(text)


class ResolveIn(Schema):
    solution: str = Field(min_length=1, max_length=50_000)
    cause: Cause = Cause.UNKNOWN

    @field_validator("solution")
    @classmethod
    def printable(cls, text: str) -> str:
        return without_nul(text)


@router.get("", response=list[RequestOut])
def list_requests(request: SignedRequest, after: int = 0, limit: int = Query(50, ge=1, le=500)):  # type: ignore[no-untyped-def]
    """Requests by id, after a given one."""
    return ServiceRequest.objects.visible_to(request.user).filter(id__gt=after).order_by("id")[:limit]


@router.get("/{pk}", response=RequestOut)
def get_request(request: SignedRequest, pk: int):  # type: ignore[no-untyped-def]
    return get_object_or_404(ServiceRequest.objects.visible_to(request.user), pk=pk)


@router.get("/{pk}/clocks", response=list[ClockOut])
def get_clocks(request: SignedRequest, pk: int):  # type: ignore[no-untyped-def]
    """Each promise on the case and how it stands."""
    case = get_object_or_404(ServiceRequest.objects.visible_to(request.user), pk=pk)
    return [
        ClockOut(
            code=c.commitment.code, clause=c.commitment.clause, state=c.state, started_at=c.started_at, due_at=c.due_at,
            stopped_at=c.stopped_at,
        )
        for c in case.clocks()
    ]  # fmt: skip


@router.post("", response={201: RequestOut})
def create_request(request: SignedRequest, body: RequestIn):  # type: ignore[no-untyped-def]
    """Register a request. The header Idempotency-Key makes a repeated call give the first one's request.

    A customer's own people report now and by the portal: when the clocks start is not theirs to say.
    """
    user = request.user
    data = body.dict()
    pk = data.pop("customer_id")
    customer = get_object_or_404(Customer.objects.visible_to(user), pk=pk) if pk else None
    contact = contact_of(user)
    if not user.serves and (contact is None or customer is None):
        raise Http404  # only who takes calls registers for others, or somebody whom we do not know
    if contact is not None and not user.serves:
        data |= {"channel": Channel.PORTAL, "reported_at": None, "contact": contact}
    once = request.headers.get("Idempotency-Key", "")[:100]
    key = f"api:{user.pk}:{once}" if once else ""
    return Status(201, take_request(by=user, customer=customer, key=key, **data))


@router.post("/{pk}/resolve", response=RequestOut)
def resolve(request: SignedRequest, pk: int, body: ResolveIn):  # type: ignore[no-untyped-def]
    case = get_object_or_404(ServiceRequest.objects.visible_to(request.user), pk=pk)
    resolve_request(case, solution=body.solution, cause=body.cause.value, by=request.user)
    return case
