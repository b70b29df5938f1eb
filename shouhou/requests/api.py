"""The JSON door of requests: the same querysets and the same moves as the pages."""

from datetime import datetime

from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict, Field

from shouhou.customers.models import Customer
from shouhou.people.models import SignedRequest
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.talk import resolve_request
from shouhou.requests.models import ServiceRequest
from shouhou.requests.rules.words import Channel, Grade, Kind

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


class RequestIn(Schema):
    model_config = ConfigDict(use_enum_values=True, validate_default=True)

    subject: str = Field(min_length=1, max_length=200)
    customer_id: int | None = None
    caller_unit: str = ""
    caller_name: str = ""
    caller_phone: str = ""
    description: str = ""
    need: str = ""
    kind: Kind = Kind.FAULT
    channel: Channel = Channel.MONITORING
    impact: Grade = Grade.MEDIUM
    urgency: Grade = Grade.MEDIUM
    reported_at: AwareDatetime | None = None
    occurred_at: AwareDatetime | None = None


class ResolveIn(Schema):
    solution: str
    cause: str = ""


@router.get("", response=list[RequestOut])
def list_requests(request: SignedRequest, after: int = 0, limit: int = 50):  # type: ignore[no-untyped-def]
    """Requests by id, after a given one."""
    return ServiceRequest.objects.visible_to(request.user).filter(id__gt=after).order_by("id")[: min(limit, 500)]


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
    data = body.dict()
    pk = data.pop("customer_id")
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk) if pk else None
    if customer is None and not request.user.serves:  # only who takes calls registers somebody whom we do not know
        raise Http404
    return Status(201, take_request(by=request.user, customer=customer, **data))


@router.post("/{pk}/resolve", response=RequestOut)
def resolve(request: SignedRequest, pk: int, body: ResolveIn):  # type: ignore[no-untyped-def]
    case = get_object_or_404(ServiceRequest.objects.visible_to(request.user), pk=pk)
    resolve_request(case, solution=body.solution, cause=body.cause, by=request.user)
    return case
