"""The company of the benchmark: organisations, colleagues and customers, made by the product's own actions."""

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction

from shouhou.agreements.actions import adopt_for_company, draft_agreement, preset_of, sign_agreement
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.customers.models import Contact, Customer, Site
from shouhou.desk.actions import adopt_standing, load_reference_data
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.people.rules import Role
from shouhou.promises.actions import make_calendar
from shouhou.promises.models import CommitmentSet
from shouhou.promises.rules.calendar import Calendar as Days

CITIES = ("成都", "西安", "重庆", "贵阳", "昆明", "兰州", "长沙", "武汉")
UNITS = (
    "人民医院", "市民服务中心", "农村商业银行", "第三中学", "高速公路管理处", "自来水公司", "图书馆",
    "税务局", "公积金中心", "档案馆", "交通运输局", "职业技术学院", "中医院", "轨道交通公司",
    "供电公司", "博物馆", "不动产登记中心", "疾控中心", "燃气公司", "气象局",
)  # fmt: skip
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗", "芳伟娜敏静强磊军洋勇艳杰娟涛明超霞平刚桂"
LEVELS = ("platform_assurance", "application_maintenance", "local_centre", "integration_operations", "")
COLLEAGUES = 40


@dataclass
class Company:
    """Whom requests are made for and by."""

    top: Organisation
    standing: CommitmentSet
    own: CommitmentSet
    staff: dict[int, list[User]] = field(default_factory=dict)  # organisation -> who serves there
    customers: list[Customer] = field(default_factory=list)
    contacts: dict[int, list[Contact]] = field(default_factory=dict)
    agreements: dict[int, Agreement] = field(default_factory=dict)
    agent: User | None = None  # at headquarters: sees everything, leads nobody
    manager: User | None = None  # at headquarters, leads
    local: User | None = None  # an agent of one centre


def person(number: int) -> str:
    return SURNAMES[number % len(SURNAMES)] + GIVEN[number // 20 % 20] + GIVEN[number // 400 % 20]


@transaction.atomic
def found_company() -> Company:
    """Headquarters, eight centres, 40 colleagues, the company's own promises."""
    load_reference_data()
    top = Organisation.objects.create(
        name="华信软件股份有限公司", kind=Organisation.Kind.HEADQUARTERS, hotline="400-800-1234"
    )
    make_calendar(name="华信工作日历", days=Days.china(), organisation=top)
    centres = [Organisation.objects.create(name=f"{city}服务中心", parent=top, region=city) for city in CITIES]
    level = ServiceLevel.objects.get(key="software_standard")
    own = adopt_for_company(
        preset=preset_of(level), organisation=top, purpose=CommitmentSet.Purpose.COMPANY, by=None
    )  # fmt: skip
    company = Company(top, adopt_standing(top, by=None), own)
    company.manager = colleague("manager", "冯博", Role.DUTY_MANAGER, top)
    company.agent = colleague("agent", "林晓", Role.AGENT, top)
    company.local = colleague("local", "何燕", Role.AGENT, centres[0])
    company.staff[top.pk] = [company.agent]
    company.staff[centres[0].pk] = [company.local]
    for n in range(COLLEAGUES - 3):
        place = centres[n % len(centres)]
        role = Role.AGENT if n % 3 == 0 else Role.ENGINEER
        company.staff.setdefault(place.pk, []).append(colleague(f"colleague{n}", person(n * 7), role, place))
    return company


def colleague(username: str, name: str, role: str, organisation: Organisation) -> User:
    """Somebody with one role; nobody signs in with a password here, so none is set."""
    user = User.objects.create_user(username, name=name, email=f"{username}@huaxin.example")
    appoint(user=user, role=role, organisation=organisation, from_on=date(2020, 1, 1), by=None)
    return user


@transaction.atomic
def win_customers(company: Company, count: int, dice: random.Random) -> None:
    """Customers with site, two contacts, phones, and four in five with an agreement in force."""
    centres = list(Organisation.objects.filter(parent=company.top).order_by("pk"))
    for n in range(count):
        place = centres[n % len(centres)]
        owner, deputy = dice.sample(company.staff[place.pk], 2)
        customer = Customer.objects.create(
            organisation=place, number=f"KH{n:05}", name=f"{place.region}{n // 20:03}{UNITS[n % 20]}",
            short_name=f"{place.region}{n:04}",
            region=place.region, owner=owner, deputy=deputy, end_users=dice.randrange(50, 5000),
        )  # fmt: skip
        site = Site.objects.create(organisation=place, customer=customer, name="主楼", region=place.region)
        company.customers.append(customer)
        company.contacts[customer.pk] = [
            one_contact(customer, site, person(dice.randrange(8000)), n * 2 + i) for i in range(2)
        ]
        level = LEVELS[n % len(LEVELS)]
        if level:
            company.agreements[customer.pk] = sign(customer, level, n, company.manager)


def one_contact(customer: Customer, site: Site, name: str, n: int) -> Contact:
    contact = Contact.objects.create(
        organisation=customer.organisation, customer=customer, site=site, name=name, department="信息科"
    )
    contact.set_phones(f"138{n:08}")
    return contact


def sign(customer: Customer, level: str, n: int, by: Any) -> Agreement:
    """An agreement on the whole customer, in force."""
    deal = draft_agreement(
        customer=customer, level=ServiceLevel.objects.get(key=level), number=f"HT-{n:05}",
        name=f"{customer.short_name}售后服务协议", starts_on=date(2020, 1, 1), ends_on=None, by=by,
    )  # fmt: skip
    sign_agreement(deal, by=by)
    deal.refresh_from_db()
    return deal
