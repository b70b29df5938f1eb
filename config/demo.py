"""A believable Chinese demo company: people of every role, customers under different presets, requests in every state.

Everything is made by the same actions that people use, at times in the past, so that clocks, time lines and follow-ups
are real. Loading twice changes nothing.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from config.demo_articles import articles
from config.demo_hotline import hotline
from config.demo_roster import roster
from config.demo_visits import vendor, visits
from config.demo_words import CUSTOMERS, PASSWORD, STAFF, TROUBLES
from shouhou.agreements.actions import draft_agreement, sign_agreement
from shouhou.agreements.models import ServiceLevel
from shouhou.customers.models import Contact, Customer, Project, Site
from shouhou.desk.actions import adopt_norm, adopt_standing, load_reference_data, needs_wizard
from shouhou.equipment.models import InstalledItem, Product
from shouhou.feedback.actions.following_up import finish_follow_up, plan_follow_up
from shouhou.feedback.models import FollowUp
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.promises.actions import make_calendar
from shouhou.promises.rules.calendar import Calendar as Days
from shouhou.promises.rules.clock import cover
from shouhou.promises.rules.period import Period
from shouhou.requests.actions import grouping, handover, talk
from shouhou.requests.actions.intake import take_request
from shouhou.requests.models import ServiceRequest
from shouhou.shared.time import moved_to, now


def at(days_ago: int, hour: int, minute: int = 0) -> datetime:
    """An instant some days ago, Shanghai time, never in the future."""
    local = datetime.combine(now().date() - timedelta(days=days_ago), time(hour, minute), tzinfo=UTC) - timedelta(
        hours=8
    )
    return min(local, now() - timedelta(minutes=30))


def organisations() -> dict[str, Organisation]:
    """Headquarters, two centres, a partner and a vendor."""
    top = Organisation.objects.create(
        name="华信软件股份有限公司",
        kind=Organisation.Kind.HEADQUARTERS,
        hotline="400-800-1234",
        complaint_phone="400-800-1235",
    )
    found = {"": top}
    for name, kind, region in (
        ("成都服务中心", "centre", "成都"),
        ("西安服务中心", "centre", "西安"),
        ("蜀道信息服务有限公司", "partner", "绵阳"),
        ("东方数控设备厂", "vendor", ""),
    ):
        found[name] = Organisation.objects.create(
            name=name, kind=kind, parent=top, region=region, hotline="400-800-1234"
        )
    return found


def people(tree: dict[str, Organisation]) -> dict[str, User]:
    """One login per role."""
    found = {}
    for username, name, number, place, roles in STAFF:
        user = User.objects.create_user(
            username,
            PASSWORD,
            name=name,
            number=number,
            email=f"{username}@huaxin.example",
            phone="028-8533-" + number[2:6],
            is_staff=username == "admin",
            is_superuser=username == "admin",
        )
        for role in roles:
            appoint(user=user, role=role, organisation=tree[place], from_on=date(2020, 1, 1), by=None)
        found[username] = user
    return found


def customers(tree: dict[str, Organisation], staff: dict[str, User]) -> list[Customer]:
    """Customers with site, contacts, a project, an item and an agreement of their preset."""
    rows = []
    for i, (name, short, region, preset, filled, product, kind, version, place) in enumerate(CUSTOMERS):
        organisation = tree[place]
        owner, deputy = (
            (staff["wangqiang"], staff["liulei"])
            if place.startswith("成都")
            else (staff["oyangxue"], staff["zhengkai"])
        )
        row = Customer.objects.create(
            organisation=organisation,
            number=f"KH{i + 1:03}",
            name=name,
            short_name=short,
            region=region,
            owner=owner,
            deputy=deputy,
            end_users=200 + 350 * i,
            address=f"{region}市示范路 {i + 8} 号",
        )
        site = Site.objects.create(
            organisation=organisation, customer=row, name="主楼", address=row.address, region=region
        )
        for j, person in enumerate(("陈芳", "李建国") if i == 0 else (f"{'张王李赵刘'[i % 5]}老师",)):
            contact = Contact.objects.create(
                organisation=organisation,
                customer=row,
                site=site,
                name=person,
                department="信息科",
                email=f"kh{i + 1}{j}@customer.example",
            )
            contact.set_phones(f"028-8533 {1200 + i * 10 + j} 转 80{j}", f"138 0013 8{i}0{j}")
        project = Project.objects.create(
            organisation=organisation,
            customer=row,
            number=f"XM2025-{i + 1:02}",
            name=f"{short}{product}项目",
            stage=Project.Stage.FREE,
            manager=staff["zhengkai"],
            support_engineer=owner,
            accepted_on=date(2026, 1, 15),
        )
        goods, _made = Product.objects.get_or_create(
            name=product, defaults={"kind": kind, "item_class": "terminal" if kind == "device" else ""}
        )
        first, last = cover(date(2026, 1, 15), Period.parse("12 mo"), "day_after")
        item = InstalledItem.objects.create(
            organisation=organisation,
            customer=row,
            site=site,
            project=project,
            product=goods,
            version=version,
            serial_number=f"SN{2026000 + i}" if kind == "device" else "",
            certified_on=date(2026, 1, 15),
            accepted_on=date(2026, 1, 15),
            warranty_from=first,
            warranty_until=last,
        )
        if preset:
            level = ServiceLevel.objects.get(key=preset)
            deal = draft_agreement(
                customer=row,
                level=level,
                number=f"HT2026-{i + 1:03}",
                name=f"{short}年度售后服务协议",
                starts_on=date(2026, 1, 16),
                ends_on=date(2027, 1, 15),
                by=staff["fengbo"],
                items=[item] if i == 1 else None,
                project=project,
                filled=filled,
            )
            sign_agreement(deal, by=staff["fengbo"])
        rows.append(row)
    return rows


def past_requests(rows: list[Customer], staff: dict[str, User], count: int = 60) -> None:
    """Requests of the past two months, worked to different ends."""
    dice = random.Random(20261123)
    for n in range(count):
        customer = rows[n % len(rows)]
        subject, words, need, solution, cause = TROUBLES[dice.randrange(len(TROUBLES))]
        agent = staff["linxiao" if n % 2 else "heyan"]
        start = at(60 - n, dice.randrange(8, 18), dice.randrange(60))
        hours = dice.choice([0.3, 1, 2, 5, 9, 26, 60])
        one_request(
            customer,
            staff,
            agent,
            start,
            timedelta(hours=hours),
            dice,
            (subject, words, need, solution, cause),
            finish=n < count - 12,
        )


def one_request(
    customer: Customer,
    staff: dict[str, User],
    agent: User,
    start: datetime,
    lasting: timedelta,
    dice: random.Random,
    text: tuple[str, ...],
    finish: bool,
) -> None:
    """Take one, work it, and (if `finish`) bring it to its follow-up."""
    subject, words, need, solution, cause = text
    contact, item = customer.contacts.order_by("pk").first(), customer.items.first()
    agent = (
        agent
        if agent.home.path in customer.organisation.path or customer.organisation.path.startswith(agent.home.path)
        else staff["zhoumin"]
    )
    owner = customer.owner or agent
    latest = now() - timedelta(minutes=5)
    with moved_to(start):
        case = take_request(
            by=agent,
            subject=subject,
            description=words,
            need=need,
            customer=customer,
            contact=contact,
            item=item,
            kind="consultation" if subject.startswith("咨询") else "fault",
            impact=dice.choice(["high", "medium", "medium", "low"]),
            urgency=dice.choice(["high", "medium", "medium", "low"]),
            promise_given=dice.random() < 0.8,
        )
    with moved_to(min(start + timedelta(minutes=dice.randrange(2, 9)), latest)):
        handover.accept_reassignment(
            handover.offer_reassignment(case, taker=owner, reason="现场工程师负责该客户", by=agent), by=owner
        )
        case.refresh_from_db()
        case.begin(by=owner)
        talk.send_message(case, text=f"您好，我是工程师{owner.name}，已收到您的报修，正在处理。", by=owner)
    if dice.random() < 0.35:
        with moved_to(min(start + lasting / 3, latest)):
            talk.note_fact(case, fact="visit.requested", by=owner)
        with moved_to(min(start + lasting / 2, latest)):
            talk.note_fact(case, fact="visit.arrived", by=owner)
    if not finish and dice.random() < 0.6:
        return
    with moved_to(min(start + lasting, latest)):
        case.refresh_from_db()
        talk.resolve_request(case, solution=solution, by=owner, cause=cause)
    if not finish:
        return
    with moved_to(min(start + lasting + timedelta(hours=3), latest)):
        case.refresh_from_db()
        case.confirm(dice.choice(["link", "spoken", "expired"]), by=owner)
        follow_up = plan_follow_up(case)
    with moved_to(min(start + lasting + timedelta(days=2), latest)):
        if follow_up and dice.random() < 0.9:
            finish_follow_up(
                FollowUp.objects.get(pk=follow_up.pk),
                solved=True,
                scores=(5, dice.choice([4, 5]), dice.choice([3, 4, 5])),
                words="服务及时。",
                by=staff["zhaojing"],
            )


def today(rows: list[Customer], staff: dict[str, User]) -> None:
    """What is going on now: a pause, an offer waiting, a major incident, a caller without agreement."""
    owner = staff["wangqiang"]
    with moved_to(now() - timedelta(hours=2)):
        case = take_request(
            by=staff["linxiao"],
            subject="审批流程提交后卡住",
            description="提交后状态一直为“流转中”。",
            need="今天内恢复审批",
            customer=rows[0],
            contact=rows[0].contacts.first(),
            item=rows[0].items.first(),
            promise_given=True,
        )
    with moved_to(now() - timedelta(minutes=90)):
        talk.send_message(case, text="请问是哪一个流程？方便发一张截图吗？", by=staff["linxiao"], question=True)
    with moved_to(now() - timedelta(minutes=8)):
        other = take_request(
            by=staff["heyan"],
            subject="三号自助终端黑屏",
            description="大堂三号机黑屏，电源灯亮。",
            need="恢复使用",
            customer=rows[1],
            contact=rows[1].contacts.first(),
            item=rows[1].items.first(),
            impact="high",
            urgency="high",
        )
        handover.offer_reassignment(other, taker=owner, reason="需要硬件工程师", by=staff["heyan"])
    group: list[Any] = []
    for i, minutes in ((0, 50), (2, 45), (5, 40)):
        with moved_to(now() - timedelta(minutes=minutes)):
            group.append(
                take_request(
                    by=staff["zhoumin"],
                    subject="短信验证码收不到",
                    description="用户登录时收不到验证码。",
                    need="恢复短信",
                    customer=rows[i],
                    contact=rows[i].contacts.first(),
                    impact="high",
                    urgency="medium",
                )
            )
    grouping.open_incident(requests=group, title="短信网关故障", by=staff["zhoumin"])
    grouping.open_problem(requests=group[:1], title="短信通道单点", by=staff["zhoumin"])
    take_request(
        by=staff["linxiao"],
        subject="想了解政务平台报价",
        kind="presales",
        channel="phone",
        caller_unit="郫都区行政审批局",
        caller_name="何主任",
        caller_phone="028-8787 6666",
        description="准备明年立项。",
        need="一份方案",
    )


@transaction.atomic
def load_demo() -> str:
    """Fill an empty system; returns the logins to print."""
    if needs_wizard():
        load_reference_data()
        tree = organisations()
        make_calendar(name="华信工作日历", days=Days.china(), organisation=tree[""])
        staff = people(tree)
        adopt_standing(tree[""], by=staff["admin"])
        adopt_norm(tree[""], by=staff["admin"])
        rows = customers(tree, staff)
        clerk = User.objects.create_user("chenfang", PASSWORD, name="陈芳", email="kh10@customer.example")
        rows[0].contacts.filter(name="陈芳").update(user=clerk)
        past_requests(rows, staff)
        today(rows, staff)
        hotline(rows, staff)
        roster(staff)
        visits(rows, staff)
        articles(staff)
        vendor(tree[""])
    lines = [
        f"  {username:12}{name}  {'、'.join(str(role.label) for role in roles)}"
        for username, name, _number, _place, roles in STAFF
    ]
    total = ServiceRequest.objects.count()
    return "\n".join(
        [f"Demo company, {total} requests. Password of every login: {PASSWORD}", *lines, "  chenfang    陈芳  客户"]
    )
