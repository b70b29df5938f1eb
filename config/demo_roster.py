"""The demo company's roster: two weeks published, the next one to plan, a shift running, a leave to decide."""

from datetime import date, datetime, time, timedelta

from shouhou.hotline.actions import roster as planning
from shouhou.hotline.actions.duty import hand_over, take_over_calls
from shouhou.hotline.actions.leaves import ask_leave
from shouhou.hotline.models import DeskPlan, Shift, ShiftKind
from shouhou.hotline.rules.duty import Check
from shouhou.people.actions import qualify
from shouhou.people.models import User
from shouhou.people.rules import HOTLINE_SKILLS
from shouhou.shared.time import moved_to, now

ROUND = ("linxiao", "heyan", "sunyu", "fanlili")  # who takes which shift in turn


def roster(staff: dict[str, User]) -> None:
    """Kinds of shift, qualifications, last week's and this week's shifts, what is coming."""
    centre, manager = staff["linxiao"].home, staff["zhoumin"]
    zone, today = centre.tz, now().astimezone(centre.tz).date()
    DeskPlan.objects.create(organisation=centre, count="end_users", end_users=460)
    early = ShiftKind.objects.create(organisation=centre, name="早班", starts=time(8), ends=time(16), break_minutes=30)
    late = ShiftKind.objects.create(organisation=centre, name="晚班", starts=time(14), ends=time(22), break_minutes=30)
    for username in ROUND[:3]:  # the fourth is new and still to be assessed
        for skill in HOTLINE_SKILLS:
            qualify(user=staff[username], skill=skill, given_on=date(2025, 3, 1), proof="热线上岗考核", by=manager)
    qualify(user=staff["fanlili"], skill=HOTLINE_SKILLS[0], given_on=today - timedelta(days=20), by=manager)
    monday = planning.monday_of(today)
    for week in (monday - timedelta(days=7), monday):
        with moved_to(datetime.combine(week - timedelta(days=4), time(10), zone)):
            for n in range(7):
                day = week + timedelta(days=n)
                planning.place(early, staff[ROUND[(n // 2) % 3]], day, by=manager)
                planning.place(late, staff[ROUND[(n // 2 + 1) % 3]], day, by=manager)
            planning.publish_week(centre, week, by=manager, exception="人手不足，按员工意愿轮班")
    sat(staff, today)
    with moved_to(now() - timedelta(hours=2)):
        begin = datetime.combine(monday + timedelta(days=9), time(8), zone)
        ask_leave(
            by=staff["heyan"], kind="annual", from_at=begin, until_at=begin + timedelta(days=1), reason="回家探亲"
        )


def sat(staff: dict[str, User], today: date) -> None:
    """Shifts that are over were sat, the running one is."""
    for shift in Shift.objects.filter(starts_at__lt=now()).select_related("user", "kind").order_by("starts_at"):
        if shift.ends_at < now() - timedelta(days=3):
            continue
        came = shift.starts_at - timedelta(minutes=6) if shift.pk % 5 else shift.starts_at + timedelta(minutes=7)
        if came > now():
            continue
        with moved_to(came):
            shift.begin(by=shift.user)
            shift.prepare(Check.values, by=shift.user)
        if shift.ends_at < now():
            with moved_to(shift.ends_at + timedelta(minutes=4)):
                # What the demo leaves without a record for the board must not keep a shift open.
                take_over_calls(shift.user, by=staff["zhoumin"])
                hand_over(shift, words="市民中心自助终端待备件，已告知客户明早回电。", by=shift.user)
