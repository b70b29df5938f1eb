"""Checking a workbook's customers, contacts and items: what each row would make or change."""

from typing import Any

from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext as _

from shouhou.customers.models import Contact, Customer
from shouhou.customers.rules import read_number
from shouhou.desk.actions.workbook_check import Known, change, plain_key
from shouhou.desk.rules.reading import Line
from shouhou.equipment.models import InstalledItem, Product

CUSTOMER_FIELDS = ("number", "short_name", "region", "address", "owner", "deputy", "end_users")
ITEM_FIELDS = ("version", "site", "vendor", "certified_on", "accepted_on", "purchased_on")


class Checker(Known):
    """The sheets that other sheets refer to."""

    def check_customer(self, line: Line) -> None:
        """A customer is known by its name."""
        self.put_person(line, "owner")
        self.put_person(line, "deputy")
        name = line.get("name")
        if name is None or not self.once(line, "name", name):
            return
        row = self._customer(line)
        if row is None:
            self.spoilt.add(("customer", name))
            return
        changed = change(row, line, *CUSTOMER_FIELDS)
        if row.owner is not None and row.owner == row.deputy:
            key = "deputy" if "deputy" in line.values else "owner"
            self.plan.bad(line, key, _("The deputy must be another person."), _("Name another colleague."))
        self.customers[name] = row
        self.plan.add(line, row, changed)

    def _customer(self, line: Line) -> Customer | None:
        """The known customer, or a new one in the named organisation; None with a problem."""
        place = line.get("organisation")
        organisation = self.led.get(place) if place else self.home
        known = self.customers.get(line.get("name"))
        if known is not None and not self.is_ours(line, "name", known):
            return None
        if organisation is None:
            self.plan.bad(
                line, "organisation", _("You lead no service organisation of this name."),
                _("Correct the name, or leave the cell empty."),
            )  # fmt: skip
            return None
        if known is not None and place and known.organisation_id != organisation.pk:
            self.plan.bad(
                line, "organisation",
                _("The customer belongs to %(organisation)s; an import does not transfer customers.")
                % {"organisation": known.organisation},
                _("Leave the cell empty, and transfer the customer on its own page."),
            )  # fmt: skip
            return None
        return known or Customer(organisation=organisation, name=line.get("name"))

    def check_contact(self, line: Line) -> None:
        """A contact is known by customer and name, namesakes by a telephone number."""
        customer, name = self.customer_of(line), line.get("name")
        if customer is None or name is None:
            self.spoilt.add(("contact", name))
            return
        phones = line.get("phones", [])
        if not self.once(line, "name", customer.name, name, *sorted(map(comparable, phones))):
            return
        self.put_site(line, customer)
        known = self._contact(customer, name, phones)
        row = known or Contact(organisation=customer.organisation, customer=customer, name=name)
        changed = change(row, line, "department", "email", "site")
        written = [p.written for p in known.phones.all()] if known else []
        if phones and set(map(comparable, phones)) != set(map(comparable, written)):
            changed.append("phones")
            written = phones
        self.seen["contact row", id(row)] = line
        if known is None:
            self.contacts[customer.name, name].append(row)
        self.plan.add(line, row, changed, phones=written)

    def _contact(self, customer: Customer, name: str, phones: list[str]) -> Contact | None:
        """The known contact that a row means: who has one of the numbers, else the only one of this name."""
        known = [c for c in self.contacts[customer.name, name] if c.pk and ("contact row", id(c)) not in self.seen]
        numbers = set(map(comparable, phones))
        sharing = [c for c in known if numbers & {comparable(p.written) for p in c.phones.all()}]
        if sharing:
            return sharing[0]
        return known[0] if len(known) == 1 else None

    def check_item(self, line: Line) -> None:
        """An item is known by product and serial number; one without a number by customer, product, version, site."""
        customer, serial = self.customer_of(line), line.get("serial_number", "")
        product = self._product(line)
        self._not_in_future(line, "certified_on", "accepted_on", "purchased_on")
        vendor = line.values.pop("vendor", None)
        if vendor is not None and vendor not in self.makers:
            self.plan.bad(
                line, "vendor", _("There is no organisation of this name."),
                _("Correct the name, or leave the cell empty."),
            )  # fmt: skip
        elif vendor is not None:
            line.values["vendor"] = self.makers[vendor]
        row = self._item(line, customer, product, serial) if customer and product else None
        if row is None:
            self.spoilt.add(("item", serial))
            return
        self.plan.add(line, row, change(row, line, *ITEM_FIELDS))

    def _product(self, line: Line) -> Product | None:
        """The product of that name, a new one where there is none; what is known of it must not be contradicted."""
        name = line.get("product")
        if name is None:
            return None
        product = self.products.get(name)
        if product is None:
            product = self.products[name] = Product(name=name)
            self.plan.products.append(product)
        if product.retired_at:
            self.plan.bad(line, "product", _("This product is no longer delivered."), _("Correct the name."))
            return None
        for key in ("kind", "item_class"):
            given = line.get(key)
            said = self.seen.get(("product", name, key))
            if given is None:
                continue
            if product.pk is None and said is None:
                setattr(product, key, given)
                self.seen["product", name, key] = line
            elif getattr(product, key) != given:
                known = product.get_kind_display() if key == "kind" else product.item_class or "–"
                self.plan.bad(
                    line, key, _("The product is known with another value: %(value)s.") % {"value": known},
                    _("Correct the cell or leave it empty."),
                )  # fmt: skip
        return product

    def _item(self, line: Line, customer: Customer, product: Product, serial: str) -> InstalledItem | None:
        self.put_site(line, customer)
        row = InstalledItem(organisation=customer.organisation, customer=customer, product=product)
        if not serial:
            row.version, row.site = line.get("version", ""), line.get("site")
            waiting = self.plain_items[plain_key(row)]
            return waiting.pop(0) if waiting else row
        if not self.once(line, "serial_number", product.name, serial):
            return None
        known = self.items.get((product.name, serial))
        if known is None:
            row.serial_number = serial
            self.items[product.name, serial] = row
            self.by_serial[serial].append(row)
            return row
        wrong = ""
        if known.customer_id != customer.pk:
            wrong = _("An item with this serial number stands at another customer.")
        elif known.retired_at:
            wrong = _("This item is no longer in use.")
        if wrong:
            self.plan.bad(line, "serial_number", wrong, _("Correct the number, or delete the row."))
            return None
        return known

    def _not_in_future(self, line: Line, *keys: str) -> None:
        today = self.at.astimezone(get_current_timezone()).date()
        for key in keys:
            if line.get(key, today) > today:
                self.plan.bad(line, key, _("This day lies in the future."), _("Correct the date, or empty the cell."))


def comparable(phone: str) -> tuple[Any, ...]:
    """A number in the form in which two spellings of it are equal."""
    read = read_number(phone)
    return (read.e164, read.extension) if read.e164 else (read.written, "")
