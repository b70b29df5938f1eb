"""The first ten thousand requests: facts in memory, clocks by the product's own fold, written by its own Batch."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from bench.company import COLLEAGUES, Company
from shouhou.feedback.models import FollowUp
from shouhou.notices.models import Notice
from shouhou.people.models import User
from shouhou.promises.models import Clock
from shouhou.promises.models.cases import NO_CLOCK, facts_of, passage_events, readings, summary
from shouhou.requests.models import Message, ServiceRequest
from shouhou.requests.rules.words import Channel, Confirmation, Coverage, Kind, severity_of
from shouhou.shared.journal import Batch, event_of
from shouhou.shared.models import Event
from shouhou.shared.search import vector_text
from shouhou.shared.time import NEVER, now

Status = ServiceRequest.Status
YEARS = 3
ENDING = (
    (Status.CLOSED, 72), (Status.FILED, 14), (Status.CANCELLED, 4),
    (Status.NEW, 2), (Status.WORKING, 4), (Status.RESOLVED, 2), (Status.CONFIRMED, 1), (Status.FOLLOWED_UP, 1),
)  # fmt: skip
PATH = (Status.NEW, Status.WORKING, Status.RESOLVED, Status.CONFIRMED, Status.FOLLOWED_UP, Status.CLOSED, Status.FILED)
PLACES = (
    "门诊大厅",
    "一楼窗口",
    "二楼机房",
    "三号分厂",
    "财务科",
    "信息中心",
    "收费站",
    "阅览室",
    "考务办公室",
    "值班室",
)
# Word and weight: 打印机 in a quarter of all subjects, 断针 in one of some thousands.
THINGS = (
    ("打印机", 250), ("自助终端", 150), ("统一身份认证平台", 120), ("挂号系统", 100), ("核心交换机", 90),
    ("报表服务", 80), ("叫号屏", 70), ("一卡通", 60), ("短信网关", 40),
    ("人脸识别闸机", 30), ("电子签章", 9), ("热敏打印头", 1),
)  # fmt: skip
TROUBLES = (
    ("无法登录", 200), ("页面一直转圈", 160), ("无法打印回执", 150), ("频繁闪断", 120),
    ("数据不同步", 110), ("报错0x0000011b", 90),
    ("速度明显变慢", 80), ("导出缺少记录", 60), ("证书过期", 20), ("时钟漂移", 9), ("断针", 1),
)  # fmt: skip
WORDS = (
    "重启后依旧，请尽快派人处理。",
    "今天早上开始出现，多个科室都受影响。",
    "影响对外办事窗口，群众排队。",
    "昨晚升级之后发现。",
)
SOLUTIONS = ("更新补丁并重新配置，试用三次正常。", "更换部件后观察四小时无异常。", "清理会话并重启应用节点，确认恢复。")


@dataclass
class Case:
    """A request being made, with its events."""

    row: ServiceRequest
    events: list[Event]
    batch: Batch
    by: User

    def record(
        self, kind: str, when: datetime, *, was: str = "", to: str = "", data: Any = None, heard: bool = False
    ) -> Event:
        """One event, at the time when it happened."""
        event = event_of(
            kind, subject=self.row, by=self.by, occurred_at=when, recorded_at=when, was=was, to=to, data=data,
            audience="customer" if heard else "internal",
        )  # fmt: skip
        self.batch.add(event)
        self.events.append(event)
        return event

    def say(self, text: str, when: datetime, direction: str) -> None:
        """A message, and the event that shows it."""
        message = Message(request=self.row, direction=direction, text=text, author=self.by, at=when, channel="phone")
        message.pk = self.batch.next_id(Message)
        event = self.record("message.sent", when, data={"message": message.pk}, heard=True)
        message.event_id = event.pk
        self.batch.add(message)


def picked(dice: random.Random, weighted: tuple[tuple[Any, int], ...]) -> Any:
    return dice.choices([value for value, _weight in weighted], [weight for _value, weight in weighted])[0]


def seed(company: Company, count: int, dice: random.Random, *, each: int = 2000) -> None:
    """Make `count` requests in transactions of `each`."""
    for first in range(0, count, each):
        with transaction.atomic():
            batch, at = Batch(), now()
            for _ in range(min(each, count - first)):
                one_request(company, batch, dice, at)
            batch.write()


def one_request(company: Company, batch: Batch, dice: random.Random, at: datetime) -> None:
    """A request with its whole life so far; open ones are days old, ended ones up to three years."""
    ending = picked(dice, ENDING)
    age = (
        timedelta(days=7 * dice.random() ** 2)
        if ending in ServiceRequest.OPEN
        else timedelta(days=8 + dice.random() * 365 * YEARS)
    )
    customer = dice.choice(company.customers)
    agent = company.staff[company.top.pk][0]
    owner = agent if dice.random() < 1 / COLLEAGUES else dice.choice(company.staff[customer.organisation_id])
    start = at - age - timedelta(minutes=1)
    row = new_row(company, batch, dice, customer, owner, start)
    case = Case(row, [], batch, owner)
    live(case, ending, dice, start, at)
    clocks = count_clocks(case, at)
    ended = row.status in ServiceRequest.ENDED
    row.next_due_at, row.next_clock_state = (NEVER, NO_CLOCK) if ended else summary(clocks, at)
    row.search = vector_text(row.number, row.subject, row.description, customer.name, row.caller_name)
    batch.add(row)
    for clock in clocks:
        batch.add(clock)
    tell_about(case, company, at)


def new_row(
    company: Company, batch: Batch, dice: random.Random, customer: Any, owner: User, start: datetime
) -> ServiceRequest:
    """The row as intake fills it in."""
    pk = batch.next_id(ServiceRequest)
    agreement = company.agreements.get(customer.pk)
    impact, urgency = (dice.choice(("high", "medium", "medium", "low")) for _ in range(2))
    contact = dice.choice(company.contacts[customer.pk])
    subject = f"{dice.choice(PLACES)}{picked(dice, THINGS)}{picked(dice, TROUBLES)} K{pk:07}"
    return ServiceRequest(
        id=pk, number=f"SR-{start.year}-{pk:06}", organisation=customer.organisation, customer=customer,
        contact=contact, site=contact.site, agreement=agreement,
        commitment_set=agreement.commitment_set if agreement else company.standing,
        company_set=company.own, channel=dice.choice((Channel.PHONE, Channel.PHONE, Channel.PORTAL, Channel.WECHAT)),
        kind=Kind.FAULT if dice.random() < 0.8 else Kind.CONSULTATION, subject=subject,
        description=dice.choice(WORDS), need="尽快恢复",
        impact=impact, urgency=urgency, severity=severity_of(impact, urgency), owner=owner,
        reported_at=start, received_at=start,
        coverage=Coverage.COVERED if agreement else Coverage.UNDECIDED,
    )  # fmt: skip


def live(case: Case, ending: str, dice: random.Random, start: datetime, at: datetime) -> None:
    """From the first call to `ending`, along the regular path, at growing times."""
    row, span = case.row, at - start
    path = PATH[: PATH.index(ending) + 1] if ending in PATH else (Status.NEW, Status.CANCELLED)
    length = min(span, timedelta(hours=dice.choice((2, 6, 20, 50, 120))))
    case.record("request.received", start, to=Status.NEW, data={"channel": row.channel, "kind": row.kind}, heard=True)
    if row.kind == Kind.FAULT:
        case.record("fault.reported", start, heard=True)
        case.record("fault.occurred", start, heard=True)
    if row.channel == Channel.PHONE:
        case.record("request.responded", start, heard=True)
    for n, to in enumerate(path[1:], 1):
        when = start + length * n / len(path)
        was, row.status = row.status, to
        if to == Status.WORKING:
            case.say(f"您好，我是工程师{case.by.name}，正在处理。", when, Message.Direction.OUT)
        elif to == Status.RESOLVED:
            row.solution, row.resolved_at, row.confirm_by = (
                dice.choice(SOLUTIONS),
                when,
                at + timedelta(days=1 + 3 * dice.random()),
            )
            if row.kind == Kind.FAULT:
                case.record("fault.repaired", when)
        elif to == Status.CONFIRMED:
            row.confirmed_how = Confirmation.SPOKEN
        elif to in (Status.CLOSED, Status.CANCELLED):
            row.closed_at = when
        case.record(ServiceRequest.FACTS[to], when, was=was, to=to, heard=True)


def count_clocks(case: Case, at: datetime) -> list[Clock]:
    """The case's clocks by the product's fold, and the events that their passages are."""
    row, clocks = case.row, []
    for commitment, version, reading in readings(row, facts_of(case.events), [], at):
        clock = Clock(
            case_kind=row.KIND, case_id=row.pk, organisation_id=row.organisation_id, customer_id=row.customer_id,
            commitment=commitment, calendar_version_id=version, start_event_id=reading.start_fact_id,
            external=reading.verdict_external is not None,
        )  # fmt: skip
        clock.take(reading)
        clock.pk = case.batch.next_id(Clock)
        clocks.append(clock)
        for kind, key, when, data in passage_events(clock, "", reading, at):
            event = event_of(kind, subject=row, occurred_at=when or at, recorded_at=when or at, key=key, data=data)
            case.batch.add(event)
    return clocks


def tell_about(case: Case, company: Company, at: datetime) -> None:
    """A follow-up where one is owed or was done, and the owner's notice, unread where the request is young."""
    row, first = case.row, case.events[0]
    if row.status in (Status.CONFIRMED, Status.FOLLOWED_UP, Status.CLOSED, Status.FILED):
        done = row.status != Status.CONFIRMED
        day = ((row.resolved_at or at) + timedelta(days=1)).date()
        case.batch.add(FollowUp(
            organisation=row.organisation, customer=row.customer, request=row, served_by=row.owner,
            from_on=day, due_on=day + timedelta(days=2),
            status=FollowUp.Status.DONE if done else FollowUp.Status.PLANNED, solved=True if done else None,
            done_by=company.agent if done else None, done_at=row.closed_at if done else None,
            exception="x" if done and company.agent == row.owner else "",
        ))  # fmt: skip
    case.batch.add(Notice(
        user=row.owner, kind=first.kind, case_kind=row.KIND, case_id=row.pk, event_id=first.pk, made_at=row.received_at,
        read_at=None if row.status == Status.NEW else row.received_at,
    ))  # fmt: skip
