"""The cast: people of each role, a customer, a stranger, and makers of agreements and requests."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: object) -> None:
    """The copy is there already: the app role may neither create databases nor truncate tables."""


@pytest.fixture(scope="session")
def server_url() -> str:
    return os.environ["SHOUHOU_TEST_SERVER"]


@pytest.fixture(autouse=True)
def _plain_storage(settings: object, tmp_path: Path) -> None:
    """Quick password hashes, files of its own, mail in memory."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    settings.WHITENOISE_AUTOREFRESH = True  # type: ignore[attr-defined]  # else each client reads every static file
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path / "files")},
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """Rolled-back rows must not live on in this process's memory."""
    yield
    from shouhou.promises.models.commitments import forget

    forget()


@pytest.fixture
def company(db):
    """Headquarters with the Chinese calendar, default promises and the shipped presets."""
    from shouhou.desk.actions import adopt_standing, load_reference_data
    from shouhou.people.models import Organisation
    from shouhou.promises.actions import make_calendar
    from shouhou.promises.rules.calendar import Calendar as Days

    load_reference_data()
    headquarters = Organisation.objects.create(name="华信软件", kind="headquarters", hotline="400-800-1234")
    make_calendar(name="华信工作日历", days=Days.china(), organisation=headquarters)
    adopt_standing(headquarters, by=None)
    return headquarters


@pytest.fixture
def norm(company):
    """The company also follows the norm of its trade, all parts."""
    from shouhou.desk.actions import adopt_norm

    return adopt_norm(company, by=None)


@pytest.fixture
def centre(company):
    """A local centre below headquarters."""
    from shouhou.people.models import Organisation

    return Organisation.objects.create(name="成都服务中心", kind="centre", parent=company)


@pytest.fixture
def person(company):
    """A maker of colleagues: person("li", "agent", organisation=…)."""
    from shouhou.people.actions import appoint
    from shouhou.people.models import User

    def make(username: str, *roles: str, organisation: Any = None, **fields: Any) -> Any:
        fields.setdefault("name", username)
        user = User.objects.create_user(username, "correct-horse-1", **fields)
        for role in roles:
            appoint(user=user, role=role, organisation=organisation or company, from_on=date(2020, 1, 1), by=None)
        return user

    return make


@pytest.fixture
def agent(person):
    return person("agent", "agent", name="林晓")


@pytest.fixture
def manager(person):
    return person("manager", "duty_manager", name="周敏")


@pytest.fixture
def engineer(person):
    return person("engineer", "engineer", name="王强")


@pytest.fixture
def supervisor(person):
    return person("supervisor", "supervisor", name="赵静")


@pytest.fixture
def customer(company):
    """A customer with a site and a contact."""
    from shouhou.customers.models import Contact, Customer, Site

    row = Customer.objects.create(organisation=company, name="蓉城市民服务中心", short_name="市民中心")
    site = Site.objects.create(organisation=company, customer=row, name="高新分厅", address="天府大道 1 号")
    contact = Contact.objects.create(
        organisation=company, customer=row, site=site, name="陈芳", email="chen@example.cn"
    )
    contact.set_phones("028-8533 1234 转 808", "138 0013 8000")
    return row


@pytest.fixture
def contact(customer):
    return customer.contacts.get()


@pytest.fixture
def customer_user(person, contact):
    """The customer's clerk, signed in to the portal."""
    user = person("clerk", name="陈芳")
    contact.user = user
    contact.save()
    return user


@pytest.fixture
def stranger(person, company):
    """Another customer's clerk: sees nothing of ours."""
    from shouhou.customers.models import Contact, Customer

    other = Customer.objects.create(organisation=company, name="别家公司")
    user = person("stranger", name="外人")
    Contact.objects.create(organisation=company, customer=other, name="外人", user=user)
    return user


@pytest.fixture
def agreement(customer, manager):
    """A maker of agreements in force: agreement("application_maintenance")."""
    from shouhou.agreements.actions import draft_agreement, preset_of, sign_agreement
    from shouhou.agreements.models import ServiceLevel

    def make(
        key: str,
        *,
        items: Any = None,
        filled: Any = None,
        parts: tuple[str, ...] | None = None,
        number: str = "HT-1",
        starts_on: date = date(2020, 1, 1),
        ends_on: date | None = None,
    ) -> Any:
        level = ServiceLevel.objects.get(key=key)
        agreed = tuple(preset_of(level).parts) if parts is None else parts  # by default the whole document
        row = draft_agreement(
            customer=customer,
            level=level,
            number=number,
            name="年度服务",
            starts_on=starts_on,
            ends_on=ends_on,
            by=manager,
            items=items,
            filled=filled,
            parts=agreed,
        )
        sign_agreement(row, by=manager)
        return row

    return make


@pytest.fixture
def take(customer, contact, agent):
    """A maker of requests as an agent takes them by phone."""
    from shouhou.requests.actions.intake import take_request

    def make(**fields):
        given = {
            "by": agent,
            "subject": "窗口电脑无法打印",
            "description": "打印时报错 0x0000011b。",
            "need": "尽快恢复打印",
            "customer": customer,
            "contact": contact,
            **fields,
        }
        return take_request(**given)

    return make


@pytest.fixture
def pump(db):
    """Deliver events to listeners now, also those of this very transaction, which no real pump would see."""
    from shouhou.shared.facts import LISTENERS
    from shouhou.shared.models import Event

    heard: set[int] = set(Event.objects.values_list("id", flat=True))

    def run() -> list[str]:
        kinds: list[str] = []
        while True:
            new = list(Event.objects.exclude(id__in=heard).order_by("id"))
            if not new:
                return kinds
            for event in new:
                heard.add(event.pk)
                kinds.append(event.kind)
                for listener in LISTENERS.values():
                    if event.kind in listener.kinds:
                        listener.hear(event)

    return run


@pytest.fixture
def run_jobs(db):
    """Run every waiting job and name them."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.models import ProcrastinateJob

    def run() -> list[str]:
        names = []
        for job in ProcrastinateJob.objects.filter(status="todo").order_by("id"):
            names.append(job.task_name)
            app.tasks[job.task_name].func(**job.args)
        return names

    return run
