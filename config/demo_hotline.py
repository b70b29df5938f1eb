"""A morning at the demo company's hotline: answered, given up, not written down, and visits to arrange."""

from datetime import datetime, timedelta
from typing import Any

from shouhou.customers.models import Customer
from shouhou.feedback.actions.complaining import take_complaint
from shouhou.hotline.actions.answering import raise_complaint, raise_request, record_consultation, take_by_hand
from shouhou.hotline.actions.cards import send_cards
from shouhou.hotline.actions.hearing import hear
from shouhou.hotline.actions.lines import give_extension, open_door, open_line
from shouhou.hotline.models import Call, Door, HotlineCard, Line
from shouhou.people.models import User
from shouhou.requests.actions.visits import Where, ask_for_visit
from shouhou.requests.rules.words import Wish
from shouhou.shared.time import moved_to, now

PHONES = {"801": "linxiao", "802": "heyan", "800": "zhoumin"}
ASKED = [
    ("怎么导出上个月的办件统计？", "在统计分析—办件量里选择月份后点导出，已当场试通"),
    ("新来的同事怎么开通账号？", "由单位管理员在用户管理里新增，已指导操作"),
    ("发票抬头填错了能改吗？", "未上传前可以作废重开，已告知步骤"),
]


def hotline(rows: list[Customer], staff: dict[str, User]) -> None:
    """Numbers, a telephone system, and the calls of the last hours."""
    centre, admin = staff["linxiao"].home, staff["admin"]
    rows = [row for row in rows if row.organisation_id == centre.pk]
    open_line(Line(organisation=centre, name="服务热线", number="400-820-6688"), by=admin)
    open_line(Line(organisation=centre, name="投诉电话", number="400-820-6699", purpose="complaints"), by=admin)
    door = open_door(Door(organisation=centre, name="成都电话交换机"), by=admin)
    for number, username in PHONES.items():
        give_extension(door, number=number, user=staff[username])
    start = now() - timedelta(hours=3)
    for n, (question, handling) in enumerate(ASKED):
        call = one_call(door, rows[n % 3], start + timedelta(minutes=20 * n), rings=(1, 2, 4)[n], extension="801")
        with moved_to(start + timedelta(minutes=20 * n + 6)):
            record_consultation(call, record_of(rows[n % 3], question, handling), by=staff["linxiao"])
    given_up(door, rows[0], now() - timedelta(minutes=55))
    one_call(door, rows[1], now() - timedelta(minutes=35), rings=2, extension="802")  # nobody wrote it down
    for n, (wish, wanted) in enumerate(
        ((Wish.URGENT, "今天下班前必须有人到场"), (Wish.SPECIAL, "下周一上午，请上次的工程师来"))
    ):
        visit(door, rows[2 + n], now() - timedelta(minutes=25 - 8 * n), wish, wanted, staff["heyan"])
    complaints(rows, staff)
    with moved_to(now() - timedelta(days=4)):
        told = send_cards(rows[:2], channel=HotlineCard.Channel.MAIL, by=staff["linxiao"]).cards
    with moved_to(now() - timedelta(days=3)):
        told[0].receive(how=HotlineCard.How.TOLD, name="陈芳", by=staff["linxiao"])


def complaints(rows: list[Customer], staff: dict[str, User]) -> None:
    """One that came on the complaints line this morning, and one of last week that was answered."""
    line = Line.objects.get(purpose="complaints")
    with moved_to(now() - timedelta(minutes=70)):
        call = take_by_hand(by=staff["heyan"], caller="138 0013 8000", line=line, rings=2)
        words = record_of(rows[0], "约好上午到场的工程师一直没来，也没有人打电话", "已致歉，转主管处理")
        raise_complaint(call, words, by=staff["heyan"], about=staff["liulei"])
    with moved_to(now() - timedelta(days=6)):
        late = take_complaint(
            organisation=rows[1].organisation, customer=rows[1], name="张主任", phone="028-8533 1210",
            words="终端报修后两天没有答复", by=staff["linxiao"],
        )  # fmt: skip
    with moved_to(now() - timedelta(days=5)):
        late.reply(
            cause="转派时接手人休假，无人接收",
            measure="接手人休假时转派不可选",
            answer="已致歉，当日上门修复",
            by=late.owner,
        )
        late.agree(by=late.owner)


def one_call(door: Door, customer: Customer, at: datetime, *, rings: int, extension: str) -> Call:
    """A call that was answered and ended, as the telephone system tells it."""
    ref, contact = f"demo-{customer.pk}-{at:%H%M%S}", customer.contacts.order_by("pk").first()
    told: list[tuple[str, int, dict[str, Any]]] = [
        ("ringing", 0, {"caller": contact.phone if contact else "", "dialled": "4008206688"}),
        ("answered", 5 * rings - 2, {"rings": rings}),
        ("hung_up", 240, {}),
    ]
    for kind, second, more in told:
        moment = at + timedelta(seconds=second)
        with moved_to(moment):
            call, _new = hear(
                door, message_id=f"{ref}-{kind}", kind=kind, call_ref=ref, at=moment, extension=extension, **more
            )
    return call


def given_up(door: Door, customer: Customer, at: datetime) -> None:
    """A caller who waited a minute and hung up."""
    contact = customer.contacts.order_by("pk").first()
    for kind, second in (("ringing", 0), ("abandoned", 65)):
        moment = at + timedelta(seconds=second)
        with moved_to(moment):
            hear(
                door, message_id=f"lost-{kind}", kind=kind, call_ref="lost", at=moment,
                caller=contact.phone if contact else "", dialled="4008206688",
            )  # fmt: skip


def record_of(customer: Customer, question: str, handling: str) -> dict[str, str]:
    """The form of the norm, filled in."""
    contact = customer.contacts.order_by("pk").first()
    return {
        "phone": (contact.phone if contact else "") or "028-8500 0000", "unit": customer.name,
        "address": customer.address or "成都市", "contact_name": contact.name if contact else "值班员",
        "question": question, "handling": handling,
    }  # fmt: skip


def visit(door: Door, customer: Customer, at: datetime, wish: str, wanted: str, agent: User) -> None:
    """A fault that the telephone did not solve, and what the customer wants."""
    call = one_call(door, customer, at, rings=2, extension="802")
    with moved_to(at + timedelta(minutes=6)):
        words = record_of(customer, "自助终端打印头损坏，回执打不出来", "电话指导更换色带无效，需上门更换打印头")
        case = raise_request(call, words, by=agent, kind="fault", impact="medium", urgency="high")
        where = Where(words["unit"], words["address"], words["contact_name"], words["phone"])
        ask_for_visit(case, wish=wish, where=where, wanted=wanted, by=agent)
