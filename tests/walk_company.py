"""The company of the browser walks; run inside the system under test."""

from datetime import date

from shouhou.agreements.actions import draft_agreement, sign_agreement
from shouhou.agreements.models import ServiceLevel
from shouhou.customers.models import Contact, Customer, Site
from shouhou.desk.actions import adopt_standing, load_reference_data
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.actions import appoint
from shouhou.people.models import Organisation, User
from shouhou.promises.actions import make_calendar
from shouhou.promises.rules.calendar import Calendar as Days

LONG_AGO = date(2020, 1, 1)
STAFF = (
    ("agent", "agent", "林晓"),
    ("manager", "duty_manager", "周敏"),
    ("engineer", "engineer", "王强"),
    ("supervisor", "supervisor", "赵静"),
)

load_reference_data()
company = Organisation.objects.create(name="华信软件", kind="headquarters", hotline="400-800-1234")
make_calendar(name="华信工作日历", days=Days.china(), organisation=company)
adopt_standing(company, by=None)
for username, role, name in STAFF:
    for suffix, mark, language in (("", "", "zh-hans"), ("_en", "E", "en")):
        user = User.objects.create_user(username + suffix, "correct-horse-1", name=name + mark, language=language)
        appoint(user=user, role=role, organisation=company, from_on=LONG_AGO, by=None)
owner = User.objects.get(username="engineer")
customer = Customer.objects.create(organisation=company, name="蓉城市民服务中心", owner=owner)
site = Site.objects.create(organisation=company, customer=customer, name="高新分厅")
contact = Contact.objects.create(organisation=company, customer=customer, site=site, name="陈芳")
contact.set_phones("028-8533 1234 转 808")
product = Product.objects.create(name="政务平台")
InstalledItem.objects.create(organisation=company, customer=customer, site=site, product=product, version="4.2")
agreement = draft_agreement(
    customer=customer,
    level=ServiceLevel.objects.get(key="application_maintenance"),
    number="HT-1",
    name="年度服务",
    starts_on=LONG_AGO,
    ends_on=None,
    by=None,
)
sign_agreement(agreement, by=None)
