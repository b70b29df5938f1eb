"""What a workbook's rows mean against what the database knows; nothing is written here."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.customers.models import Contact, Customer, Site
from shouhou.desk.rules.columns import plain
from shouhou.desk.rules.reading import Book, Line, Problem
from shouhou.equipment.models import InstalledItem, Product
from shouhou.people.models import Organisation, User
from shouhou.people.rules import LEADING, Role
from shouhou.promises.rules.presets import Preset
from shouhou.requests.models import ServiceRequest
from shouhou.shared.time import now

ANSWERING = (Role.PROJECT_MANAGER, Role.ENGINEER, Role.DUTY_MANAGER, Role.SUPERVISOR)


@dataclass
class Planned:
    """A row to write: the instance (new ones unsaved), what changes, and what goes with it."""

    line: Line
    row: Any
    changed: list[str]
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return bool(self.row.pk is None)


class Plan:
    """The rows of the workbook as they would be written, with every problem found."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.problems: list[Problem] = list(book.problems)
        self.skipped: list[Problem] = []
        self.rows: dict[str, list[Planned]] = defaultdict(list)
        self.tally: dict[str, Counter[str]] = defaultdict(Counter)
        self.sites: list[Site] = []
        self.products: list[Product] = []

    def bad(self, line: Line, key: str, wrong: str, remedy: str) -> None:
        self.problems.append(line.problem(key, wrong, remedy))

    def skip(self, line: Line, key: str, why: str) -> None:
        self.skipped.append(line.problem(key, why, ""))
        self.tally[line.kind]["skipped"] += 1

    def add(self, line: Line, row: Any, changed: list[str], **extra: Any) -> None:
        planned = Planned(line, row, changed, extra)
        self.rows[line.kind].append(planned)
        self.tally[line.kind]["new" if planned.is_new else "updated" if changed else "unchanged"] += 1


def change(row: Any, line: Line, *keys: str) -> list[str]:
    """Set what the line gives (an empty cell keeps what is there); returns what differs from before."""
    changed = []
    for key in keys:
        if key in line.values and getattr(row, key) != line.values[key]:
            setattr(row, key, line.values[key])
            changed.append(key)
    return changed


def led_by(by: User) -> dict[str, Organisation]:
    """The organisations in whose name this person decides, by name: seeing one is not enough to write into it."""
    paths = sorted({post.organisation.path for post in by.posts if post.role in LEADING})
    return {o.name: o for o in Organisation.objects.under(paths).filter(retired_at=None).order_by("path")}


def home_of(by: User, led: Mapping[str, Organisation]) -> Organisation | None:
    """Where rows without an organisation go: the person's own, else the first that the person leads."""
    if by.home.name in led:
        return by.home
    return next(iter(led.values()), None)


class Known:
    """Everything that the workbook names, read once from the database, and the rows planned so far."""

    def __init__(self, book: Book, levels: Mapping[ServiceLevel, Preset], by: User) -> None:
        self.plan, self.book, self.by, self.at = Plan(book), book, by, now()
        self.levels = levels
        self.presets = {plain(name): level for level in levels for name in (level.name_en, level.name_zh, level.key)}
        self.led = led_by(by)
        self.home = home_of(by, self.led)
        self.reached = {o.pk for o in self.led.values()}
        self.makers = {o.name: o for o in Organisation.objects.filter(name__in=self._named("vendor"), retired_at=None)}
        people = (
            User.objects.holding(*ANSWERING)
            .visible_to(by)
            .filter(username__in=self._named("owner") | self._named("deputy"))
        )
        self.people = {user.username: user for user in people}
        self.seen: dict[tuple[Any, ...], Line] = {}
        self.spoilt: set[tuple[Any, ...]] = set()  # named by a bad row: what refers to it is not another problem
        self._read_customers()
        self._read_items()
        self._read_cases()

    def _named(self, key: str) -> set[Any]:
        """Every value that a column of this name holds, on any sheet."""
        return {line.values[key] for line in self.book.all_lines if isinstance(line.values.get(key), str)}

    def _read_customers(self) -> None:
        names = self._named("customer") | {line.get("name") for line in self.book.lines["customers"]}
        rows = Customer.objects.filter(name__in=names - {None}).select_related("organisation", "owner", "deputy")
        self.customers: dict[str, Customer] = {c.name: c for c in rows}
        known = [c.pk for c in self.customers.values()]
        self.sites: dict[tuple[str, str], Site] = {
            (s.customer.name, s.name): s for s in Site.objects.filter(customer__in=known).select_related("customer")
        }
        self.contacts: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        found = Contact.objects.filter(customer__in=known, retired_at=None).select_related("customer", "site")
        for contact in found.prefetch_related("phones").order_by("pk"):
            self.contacts[contact.customer.name, contact.name].append(contact)

    def _read_items(self) -> None:
        serials = self._named("serial_number") | self._named("item")
        for line in self.book.lines["agreements"]:
            serials |= set(line.get("items", []))
        self.products: dict[str, Product] = {p.name: p for p in Product.objects.filter(name__in=self._named("product"))}
        self.items: dict[tuple[str, str], InstalledItem] = {}
        self.by_serial: dict[str, list[InstalledItem]] = defaultdict(list)
        self.plain_items: dict[tuple[Any, ...], list[InstalledItem]] = defaultdict(list)
        rows = InstalledItem.objects.select_related("product", "customer", "site", "vendor").order_by("pk")
        for item in rows.filter(serial_number__in=serials - {""}):
            self.items[item.product.name, item.serial_number] = item
            self.by_serial[item.serial_number].append(item)
        if any("serial_number" not in line.raw for line in self.book.lines["items"]):
            known = [c.pk for c in self.customers.values()]
            for item in rows.filter(customer__in=known, serial_number="", retired_at=None):
                self.plain_items[plain_key(item)].append(item)

    def _read_cases(self) -> None:
        numbers = {line.get("number") for line in self.book.lines["agreements"]} - {None}
        agreements = Agreement.objects.filter(number__in=numbers).select_related("customer", "service_level")
        self.agreements = {row.number: row for row in agreements.prefetch_related("items")}
        refs = self._named("external_ref")
        times = {line.get("reported_at") for line in self.book.lines["requests"]} - {None}
        mine = Q(organisation__in=self.reached)
        cases = ServiceRequest.objects.filter(mine, Q(external_ref__in=refs) | Q(number__in=refs)).order_by("-pk")
        self.case_of_ref: dict[str, str] = {}
        for number, ref in cases.values_list("number", "external_ref"):
            self.case_of_ref[number] = number
            if ref:
                self.case_of_ref[ref] = number
        same = ServiceRequest.objects.filter(mine, reported_at__in=times).order_by("-pk")
        self.case_of_words = {
            (name, subject, at): number
            for name, subject, at, number in same.values_list("customer__name", "subject", "reported_at", "number")
        }

    # What several sheets need

    def once(self, line: Line, key: str, *what: Any) -> bool:
        """Whether this is the first row of its name; a second one is a problem."""
        first = self.seen.setdefault((line.kind, *what), line)
        if first is not line:
            self.plan.bad(
                line, key, _("The same stands in row %(row)s already.") % {"row": first.number},
                _("Delete one of the two rows."),
            )  # fmt: skip
        return first is line

    def customer_of(self, line: Line) -> Customer | None:
        """The customer that the row names, of the workbook or known; a problem if there is none."""
        name = line.get("customer")
        if name is None or ("customer", name) in self.spoilt:
            return None
        customer = self.customers.get(name)
        if customer is None:
            self.plan.bad(
                line, "customer", _("There is no customer of this name."),
                _("Correct the name, or add the customer to the customers' sheet."),
            )  # fmt: skip
            return None
        return customer if self.is_ours(line, "customer", customer) else None

    def is_ours(self, line: Line, key: str, customer: Customer) -> bool:
        """Whether the importing person decides for this customer's organisation, and the customer is served."""
        if customer.organisation_id not in self.reached:
            self.plan.bad(
                line, key, _("This customer is served by another organisation."),
                _("Ask that organisation to import the row."),
            )  # fmt: skip
            return False
        if customer.retired_at:
            self.plan.bad(line, key, _("This customer is no longer served."), _("Delete the row."))
            return False
        return True

    def put_site(self, line: Line, customer: Customer) -> None:
        """Put the site in the place of its name: the customer's, a new one where there is none yet."""
        name = line.get("site")
        if name is None:
            return
        key = (customer.name, name)
        if key not in self.sites:
            self.sites[key] = Site(organisation=customer.organisation, customer=customer, name=name)
            self.plan.sites.append(self.sites[key])
        line.values["site"] = self.sites[key]

    def put_person(self, line: Line, key: str) -> None:
        """Put the named colleague in the place of the user name."""
        username = line.get(key)
        if username is None:
            return
        found = self.people.get(username)
        if found is None:
            del line.values[key]
            self.plan.bad(
                line, key, _("No colleague who answers for customers has this user name."),
                _("Correct it, or leave the cell empty."),
            )  # fmt: skip
        else:
            line.values[key] = found

    def item_of(self, line: Line, key: str, serial: str, customer: Customer) -> InstalledItem | None:
        """The customer's item with that serial number, of the workbook or known; a problem if it is not one."""
        if ("item", serial) in self.spoilt:
            return None
        found = [i for i in self.by_serial.get(serial, []) if i.customer.name == customer.name and not i.retired_at]
        if len(found) == 1:
            return found[0]
        words = {"serial": serial}
        if found:
            self.plan.bad(
                line, key, _("Several items have the serial number %(serial)s.") % words,
                _("Correct the serial numbers of these items first."),
            )  # fmt: skip
        else:
            self.plan.bad(
                line, key, _("This customer has no item with the serial number %(serial)s.") % words,
                _("Correct it, or add the item to the sheet of installed items."),
            )  # fmt: skip
        return None


def plain_key(item: InstalledItem) -> tuple[Any, ...]:
    """What tells an item without a serial number from others."""
    return item.customer.name, item.product.name, item.version, item.site.name if item.site else ""
