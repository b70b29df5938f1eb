"""The demo company's visits: one done yesterday, some for today and tomorrow, one that waits to be planned."""

from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from shouhou.customers.models import Customer
from shouhou.people.actions import qualify
from shouhou.people.models import Organisation, User
from shouhou.requests.actions.intake import take_request
from shouhou.requests.actions.support import Addressee, write_support_request
from shouhou.requests.actions.visits import Where, ask_for_visit
from shouhou.requests.models import ServiceRequest, VisitRequest
from shouhou.requests.rules.words import Wish
from shouhou.shared.time import moved_to, now
from shouhou.visits.actions import planning
from shouhou.visits.actions.papers import file_sheet
from shouhou.visits.actions.syncing import Sent, take_operations
from shouhou.visits.models import Visit

DONE = {
    "prepare": {"able": "yes", "address": "yes"},
    "badge": {"worn": "yes"},
    "meet": {"whom": "陈芳"},
    "verify": {"found": "二号终端进纸口有碎纸，回执打印到一半卡住", "shown": "yes"},
    "backup": {"what": "终端配置与交易流水", "where": "中心备份服务器 /backup/terminal", "by": "王强"},
    "fix": {"cause": "进纸辊老化打滑", "remedy": "清除碎纸，更换进纸辊，校准切刀", "outcome": "solved"},
    "trial": {"by": "陈芳", "passed": "yes"},
    "explain": {"precautions": "使用 80 克热敏纸，每周清一次纸屑"},
}
COMING = [  # customer, what, day from today, hour, engineer, accepted, told
    (1, "读卡器无反应，插卡后不识别", 0, 14, "wangqiang", True, True),
    (2, "叫号屏不刷新，重启后仍然如此", 0, 16, "wangqiang", True, False),
    (0, "统计报表缺少上月数据", 1, 9, "liulei", False, False),
]


def visits(rows: list[Customer], staff: dict[str, User]) -> None:
    """What the dispatcher sees today."""
    centre = staff["wangqiang"].home
    rows = [row for row in rows if row.organisation_id == centre.pk]
    for username, skills in (("wangqiang", ("hardware", "software")), ("liulei", ("software",))):
        for skill in skills:
            qualify(user=staff[username], skill=skill, given_on=date(2025, 3, 1), proof="上岗考核", by=staff["zhoumin"])
    done(rows[0], staff)
    today = now().astimezone(centre.tz).date()
    for customer, words, days, hour, username, accepted, told in COMING:
        starts = datetime.combine(today + timedelta(days=days), time(hour), centre.tz)
        with moved_to(now() - timedelta(hours=3)):
            visit = planned(rows[customer], words, starts, staff[username], staff)
            if accepted:
                planning.accept_visit(visit, by=staff[username])
            if told:
                planning.tell_customer(visit, by=staff["zhoumin"], words="已电话告知，客户同意")
    with moved_to(now() - timedelta(hours=1)):
        wished(rows[1], "凭条打印有白线，擦拭后仍有", now() + timedelta(hours=30), staff)


def wished(customer: Customer, words: str, starts: datetime, staff: dict[str, User]) -> VisitRequest:
    """A fault that the telephone did not solve; the customer agrees to a visit."""
    contact = customer.contacts.order_by("pk").first()
    case = take_request(
        by=staff["linxiao"], subject=words, description=words, need="恢复使用", customer=customer, contact=contact,
        site=customer.sites.first(), item=customer.items.first(), promise_given=True,
    )  # fmt: skip
    where = Where(
        customer.name, customer.address, contact.name if contact else "值班员", contact.phone if contact else "-"
    )
    local = starts.astimezone(customer.organisation.tz)
    half = f"{local.date().isoformat()} {'am' if local.hour < 12 else 'pm'}"
    return ask_for_visit(case, wish=Wish.AGREED, where=where, available=[half], by=staff["linxiao"])


def planned(customer: Customer, words: str, starts: datetime, who: User, staff: dict[str, User]) -> Visit:
    """The duty manager asks an engineer."""
    wanted = wished(customer, words, starts, staff)
    ends = starts + timedelta(minutes=90)
    return planning.plan_visit(wanted, engineer=who, starts_at=starts, ends_at=ends, by=staff["zhoumin"], reason="演示")


def done(customer: Customer, staff: dict[str, User]) -> None:
    """Yesterday's visit, as the engineer's phone sent it in the evening."""
    engineer = staff["wangqiang"]
    noon = datetime.combine(now().astimezone(engineer.home.tz).date() - timedelta(days=1), time(10), engineer.home.tz)
    with moved_to(noon - timedelta(hours=20)):
        visit = planned(customer, "二号终端卡纸，回执打不出来", noon, engineer, staff)
        planning.accept_visit(visit, by=engineer)
        planning.tell_customer(visit, by=staff["zhoumin"], words="已电话告知")
    acts: list[tuple[str, dict[str, object]]] = [("set_out", {})]
    for step, fields in DONE.items():
        if step == "meet":
            acts.append(("arrive", {"how": "location", "lat": 30.66, "lon": 104.07, "accuracy": 20}))
        acts += [("field", {"name": f"{step}.{name}", "value": value}) for name, value in fields.items()]
        acts.append(("done", {"step": step}))
    acts += [
        ("part", {"name": "进纸辊", "count": 1, "number": "ZT-PR-08"}),
        ("except", {"step": "sign", "reason": "负责人外出，约定线上确认"}),
        ("field", {"name": "leave.normal", "value": "yes"}),
        ("done", {"step": "leave"}),
    ]
    start = noon - timedelta(minutes=25)
    sent = [
        Sent(uuid5(NAMESPACE_URL, f"demo-{n}"), visit.pk, n, kind, dict(data), start + timedelta(minutes=3 * n), 0,
             engineer.pk)
        for n, (kind, data) in enumerate(acts)
    ]  # fmt: skip
    with moved_to(noon + timedelta(hours=8)):
        take_operations(sent, device="demo-phone", by=engineer)
        file_sheet(visit)  # what a listener does; those hear nothing of what was before they were there


def vendor(top: Organisation) -> None:
    """A vendor, and a support request to it that waits for our representative's signature."""
    maker = Organisation.objects.create(name="锐安网络设备有限公司", kind=Organisation.Kind.VENDOR, parent=top)
    case = ServiceRequest.objects.open().filter(subject__contains="交换机").order_by("pk").first()
    if case is not None:
        write_support_request(
            case, to=Addressee(maker, "何志远", "support@vendor.example", "010-8888 1234"), by=case.owner,
            problem=case.description or case.subject, tried="已更换网线与光模块，升级到 6.2.1 仍然闪断",
            wanted="请分析所附日志，提供补丁或派工程师到场", wanted_by=now() + timedelta(days=1),
        )  # fmt: skip
