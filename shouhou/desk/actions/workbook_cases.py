"""Checking a workbook's agreements and open requests, which refer to its customers and items."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shouhou.agreements.actions import blanks
from shouhou.agreements.models import Agreement, ServiceLevel
from shouhou.customers.models import Contact, Customer
from shouhou.desk.actions.workbook_check import Plan
from shouhou.desk.actions.workbook_sheets import Checker
from shouhou.desk.rules.columns import plain
from shouhou.desk.rules.reading import LONGEST, Book, Cell, Line, Problem
from shouhou.people.models import User
from shouhou.promises.rules.period import BadPeriod, Period, read_period
from shouhou.promises.rules.presets import Preset, PresetCommitment
from shouhou.requests.models import ServiceRequest

AHEAD = timedelta(minutes=2)  # clocks of two machines differ by so much


def check(book: Book, *, levels: Mapping[ServiceLevel, Preset], by: User) -> Plan:
    """Plan the import. Problems are collected, never raised, so that all of them are named at once."""
    return CaseChecker(book, levels, by).run()


class CaseChecker(Checker):
    """The whole workbook, in the order in which its rows refer to each other."""

    def run(self) -> Plan:
        """Check every row of every sheet."""
        sheets = {
            "customers": self.check_customer, "contacts": self.check_contact, "items": self.check_item,
            "agreements": self.check_agreement, "requests": self.check_request,
        }  # fmt: skip
        for kind, check_row in sheets.items():
            for line in self.book.lines[kind]:
                check_row(line)
        return self.plan

    def check_agreement(self, line: Line) -> None:
        """An agreement is known by its number; what is in force is compared, never changed."""
        customer, level, number = self.customer_of(line), self._level(line), line.get("number")
        begins, ends = line.get("starts_on"), line.get("ends_on")
        if begins and ends and ends < begins:
            self.plan.bad(
                line, "ends_on", _("The agreement would end before it begins."), _("Correct one of the two dates.")
            )
        serials = line.get("items", []) if customer else []
        items = [self.item_of(line, "items", serial, customer) for serial in serials] if customer else []
        filled = self._filled(line, level) if level else {}
        if number is None or not self.once(line, "number", number):
            return
        if customer is None or level is None or begins is None:
            return
        given = {
            "customer": customer, "preset": level, "name": line.get("name"), "starts_on": begins, "ends_on": ends,
            "items": [item for item in items if item], "filled": filled,
        }  # fmt: skip
        known = self.agreements.get(number)
        if known is None:
            given["name"] = given["name"] or level.name_zh
            self.plan.add(line, Agreement(number=number), [], **given)
        else:
            self._compare(line, known, given)

    def _level(self, line: Line) -> ServiceLevel | None:
        name = line.get("preset")
        level = self.presets.get(plain(name)) if name else None
        if name and level is None:
            known = " / ".join(words(level) for level in self.levels)
            self.plan.bad(
                line, "preset", _("No service level of this name is offered."),
                _("Write one of: %(words)s.") % {"words": known},
            )  # fmt: skip
        return level

    def _filled(self, line: Line, level: ServiceLevel) -> dict[str, str]:
        """The figures for the blanks of the level; an open or unreadable one is a problem."""
        filled: dict[str, str] = {}
        used = set()
        for blank in blanks(self.levels[level]):
            names = [plain(name) for name in (blank.key, blank.name_zh, blank.name_en)]
            used.update(names)
            cell = next((line.further[name] for name in names if name in line.further), None)
            if cell is None:
                self._open_blank(line, blank)
                continue
            try:
                filled[blank.key] = str(read_period(cell.value))
            except BadPeriod:
                self._bad_blank(
                    line, cell, _("This is no period."), _("Write for example 24 hours or 2 working days.")
                )  # fmt: skip
        for name, cell in line.further.items():
            if name not in used:
                wrong = _("“%(level)s” leaves no such figure open.") % {"level": words(level)}
                self._bad_blank(line, cell, wrong, _("Empty this cell."))
        return filled

    def _open_blank(self, line: Line, blank: PresetCommitment) -> None:
        """Name the empty cell where the column is there, else the column that is missing."""
        name = words(blank)
        what = {"promise": name, "example": blank.proposed or "24 h"}
        heads = {plain(n) for n in (blank.key, blank.name_zh, blank.name_en)}
        letter = next((at for head, at in line.further_letters.items() if head in heads), "")
        wrong = _("“%(promise)s”: the source document leaves the period open.") % what
        remedy = _("Fill it in, for example %(example)s.") if letter else _(
            "Add a column of this name and fill it in, for example %(example)s."
        )  # fmt: skip
        self.plan.problems.append(Problem(line.title, line.number, letter, "", wrong, remedy % what))

    def _bad_blank(self, line: Line, cell: Cell, wrong: str, remedy: str) -> None:
        self.plan.problems.append(Problem(line.title, line.number, cell.letter, cell.value[:LONGEST], wrong, remedy))

    def _compare(self, line: Line, known: Agreement, given: dict[str, Any]) -> None:
        """A known agreement with the same terms is unchanged; other terms need a person on its own page."""
        if known.customer_id != given["customer"].pk:
            self.plan.bad(
                line, "number", _("This number belongs to an agreement of another customer."),
                _("Correct the number."),
            )  # fmt: skip
            return
        stands = {
            "preset": known.service_level, "name": known.name, "starts_on": known.starts_on, "ends_on": known.ends_on,
            "items": set(known.items.all()), "filled": periods(known.filled),
        }  # fmt: skip
        says = {**given, "items": set(given["items"]), "filled": periods(given["filled"])}
        differing = [key for key, value in stands.items() if says[key] not in (None, set(), {}) and says[key] != value]
        for key in differing:
            self.plan.bad(
                line, "preset" if key == "filled" else key, _("The agreement is known with other terms."),
                _("Correct the cell, or change the agreement on its own page: an import changes no agreement."),
            )  # fmt: skip
        if differing:
            return
        if known.status == Agreement.Status.DRAFT:
            self.plan.skip(line, "number", _("This agreement is known as a draft: sign it on its own page."))
        else:
            self.plan.add(line, known, [])

    def check_request(self, line: Line) -> None:
        """An open case from before; one that is here already is skipped and said."""
        customer, subject = self.customer_of(line), line.get("subject")
        reported, responded = line.get("reported_at"), line.get("responded_at")
        for key, at in (("reported_at", reported), ("responded_at", responded)):
            if at and at > self.at + AHEAD:
                self.plan.bad(line, key, _("This time lies in the future."), _("Correct the time."))
        if reported and responded and responded < reported:
            self.plan.bad(
                line, "responded_at", _("The response cannot be before the report."), _("Correct one of the two times.")
            )
        self.put_person(line, "owner")
        if customer is None:
            return
        owner = self._owner(line, customer)
        contact = self._contact_of(line, customer)
        item = self.item_of(line, "item", line.get("item"), customer) if line.get("item") else None
        if subject is None or reported is None or self._is_here(line, customer):
            return
        row = ServiceRequest(external_ref=line.get("external_ref", ""))
        self.plan.add(line, row, [], customer=customer, contact=contact, item=item, owner=owner)

    def _is_here(self, line: Line, customer: Customer) -> bool:
        """Whether the case is known by its number, or without one by customer, subject and time of the report."""
        ref, subject, at = line.get("external_ref"), line.get("subject"), line.get("reported_at")
        if ref:
            number = self.case_of_ref.get(ref)
            doubled = not self.once(line, "external_ref", customer.name, ref)
        else:
            number = self.case_of_words.get((customer.name, subject, at))
            doubled = not self.once(line, "subject", customer.name, subject, at)
        if doubled:
            return True
        if number:
            self.plan.skip(
                line, "external_ref" if ref else "subject", _("Imported already as %(number)s.") % {"number": number}
            )
        return number is not None

    def _owner(self, line: Line, customer: Customer) -> User | None:
        """Who is to own the case: somebody who serves in the customer's organisation or above it."""
        owner: User | None = line.get("owner")
        if owner is None:
            return None
        path = customer.organisation.path
        if not owner.serves or not any(path.startswith(branch) for branch in owner.branch_paths):
            self.plan.bad(
                line, "owner", _("This colleague does not serve in the customer's organisation."),
                _("Name another colleague, or leave the cell empty."),
            )  # fmt: skip
        return owner

    def _contact_of(self, line: Line, customer: Customer) -> Contact | None:
        name = line.get("contact")
        if name is None or ("contact", name) in self.spoilt:
            return None
        found = self.contacts[customer.name, name]
        if len(found) == 1:
            return found[0]
        if found:
            wrong, remedy = _("The customer has several contacts of this name."), _("Leave the cell empty.")
        else:
            wrong = _("The customer has no contact of this name.")
            remedy = _("Correct the name, or add the contact to the sheet of contacts.")
        self.plan.bad(line, "contact", wrong, remedy)
        return None


def words(row: ServiceLevel | PresetCommitment) -> str:
    """The name in the reader's language."""
    return row.name_zh if (get_language() or "").startswith("zh") else row.name_en


def periods(filled: Mapping[str, str]) -> dict[str, Period]:
    """Filled blanks in the form in which two spellings of a period are equal."""
    return {key: Period.parse(value) for key, value in filled.items()}
