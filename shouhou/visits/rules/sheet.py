"""What a visit is, folded from all operations that phones sent: the same for every order in which they arrive.

Each operation was made on one device, which numbers its own. A device's own order holds whatever its clock did;
operations of several devices are put together by time. Nothing is ever refused: what the state does not allow is kept
and named, for the duty manager to look at. Times are aware instants.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shouhou.visits.rules.steps import ORDER, RULE, exception_lacking, fields_of, lacking, previous

KINDS = frozenset(
    {
        "set_out", "arrive", "field", "done", "except", "problem", "photo", "part", "part_removed", "support", "guest",
        "guest_work",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing done on a device. `at` is corrected for what the device's clock was off by; `seq` counts per device."""

    uid: str
    device: str
    seq: int
    kind: str
    at: datetime
    by: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bound:
    """From an instant on, the visit is somebody else's, or nobody's (`engineers` empty: called off)."""

    at: datetime
    engineers: frozenset[int]


@dataclass(slots=True)
class Passed:
    """How a step was passed: done, or by its recorded exception."""

    at: datetime
    how: str
    uid: str
    by: int
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Guest:
    """Somebody of the vendor's who joined the visit, and what they did (E8)."""

    at: datetime
    name: str
    firm: str
    work: str = ""


@dataclass(slots=True)
class Sheet:
    """The visit as it stands."""

    fields: dict[str, str] = field(default_factory=dict)
    setters: dict[str, str] = field(default_factory=dict)  # field -> the operation that set it
    steps: dict[str, Passed] = field(default_factory=dict)
    conflicts: dict[str, tuple[str, str]] = field(default_factory=dict)  # field -> (kept, overruled) operations
    problems: dict[str, str] = field(default_factory=dict)
    photos: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    support: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    guests: dict[str, Guest] = field(default_factory=dict)
    failures: list[datetime] = field(default_factory=list)  # trial runs that failed
    set_out_at: datetime | None = None
    arrived_at: datetime | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    review: dict[str, str] = field(default_factory=dict)  # operation -> why it was not taken

    @property
    def step(self) -> str:
        """The step that is open; "" when all are passed."""
        return next((step for step in ORDER if step not in self.steps), "")

    @property
    def left_at(self) -> datetime | None:
        return self.steps["leave"].at if "leave" in self.steps else None


def fold(operations: Iterable[Operation], bounds: Sequence[Bound] = (), allowed: Collection[str] = ()) -> Sheet:
    """Put all operations together. `bounds` say whose the visit is from when; `allowed` are those let in on review."""
    sheet = Sheet()
    setter_of: dict[str, Operation] = {}
    for operation in in_order(operations):
        why = "" if operation.uid in allowed else outside(operation, bounds)
        why = why or _take(sheet, operation, setter_of, let_in=operation.uid in allowed)
        if why:
            sheet.review[operation.uid] = why
    return sheet


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Each once; a device's own in its own order, and several devices' by time.

    A clock that jumps back does not reorder what one device did: nothing of it is earlier than what it did before.
    """
    once = {operation.uid: operation for operation in operations}
    devices: dict[str, list[Operation]] = {}
    for operation in once.values():
        devices.setdefault(operation.device, []).append(operation)
    placed = []
    for own in devices.values():
        latest = None
        for operation in sorted(own, key=lambda o: (o.seq, o.uid)):
            latest = operation.at if latest is None else max(latest, operation.at)
            place = (latest, operation.device, operation.seq, operation.uid)
            placed.append((place, replace(operation, at=latest)))
    return [operation for _place, operation in sorted(placed, key=lambda pair: pair[0])]


def outside(operation: Operation, bounds: Sequence[Bound]) -> str:
    """Why the visit was not this person's at that moment; "" where it was."""
    holding = None
    for bound in sorted(bounds, key=lambda b: b.at):
        if bound.at <= operation.at:
            holding = bound
    if holding is None or operation.by in holding.engineers:
        return ""
    return "not_yours" if holding.engineers else "called_off"


def _take(sheet: Sheet, operation: Operation, setter_of: dict[str, Operation], *, let_in: bool) -> str:
    """Do what the operation says; or say why it cannot be taken, and change nothing."""
    if operation.kind not in KINDS:
        return "unknown"
    if sheet.left_at is not None and operation.kind != "photo" and not let_in:
        return "ended"
    take = globals()[f"_take_{operation.kind}"]
    why: str = take(sheet, operation, setter_of) if operation.kind == "field" else take(sheet, operation)
    return why


def _take_set_out(sheet: Sheet, operation: Operation) -> str:
    sheet.set_out_at = sheet.set_out_at or operation.at
    return ""


def _take_arrive(sheet: Sheet, operation: Operation) -> str:
    if sheet.arrived_at is None:
        sheet.arrived_at, sheet.evidence = operation.at, dict(operation.data)
    return ""


def _is_open(sheet: Sheet, step: str) -> bool:
    """A step opens when the one before it is passed (A4.7 for mending), and on-site steps with the arrival."""
    before = previous(step)
    return (not before or before in sheet.steps) and (step in ("prepare", "badge") or sheet.arrived_at is not None)


def _take_field(sheet: Sheet, operation: Operation, setter_of: dict[str, Operation]) -> str:
    """Set one field; the later one holds. Two devices that did not know of each other's words make a conflict."""
    name, value = str(operation.data.get("name", "")), str(operation.data.get("value", ""))
    step, _dot, short = name.partition(".")
    if step not in RULE or short not in fields_of(step):
        return "unknown"
    if not _is_open(sheet, step):
        return "too_early"
    former = setter_of.get(name)
    known = str(operation.data.get("base", ""))
    strange = former is not None and former.device != operation.device and known != former.uid
    if former is not None and strange and sheet.fields[name] != value:
        sheet.conflicts[name] = (operation.uid, former.uid)
    elif name in sheet.conflicts and known == sheet.conflicts[name][0]:
        del sheet.conflicts[name]  # who writes now has seen the other's words
    sheet.fields[name], sheet.setters[name] = value, operation.uid
    setter_of[name] = operation
    return ""


def _take_done(sheet: Sheet, operation: Operation) -> str:
    step = str(operation.data.get("step", ""))
    if step not in RULE:
        return "unknown"
    if step in sheet.steps:
        return ""  # said twice, or by two
    if not _is_open(sheet, step):
        return "too_early"
    if lacking(step, sheet.fields):
        return "incomplete"
    if step == "trial" and sheet.fields["trial.passed"] == "no":
        sheet.failures.append(operation.at)  # back to mending (A4.9): what was tried stays on the sheet
        sheet.steps.pop("fix", None)
        sheet.fields.pop("trial.passed", None)
        return ""
    sheet.steps[step] = Passed(operation.at, "done", operation.uid, operation.by)
    return ""


def _take_except(sheet: Sheet, operation: Operation) -> str:
    step = str(operation.data.get("step", ""))
    if step not in RULE or step == "fix":
        return "unknown"  # mending has no exception: what was not mended is said so
    if step in sheet.steps:
        return ""
    if not _is_open(sheet, step):
        return "too_early"
    said = {name: str(operation.data.get(name, "")) for name in RULE[step].exception}
    if exception_lacking(step, said):
        return "incomplete"
    sheet.steps[step] = Passed(operation.at, "excepted", operation.uid, operation.by, said)
    return ""


def _take_problem(sheet: Sheet, operation: Operation) -> str:
    words = str(operation.data.get("words", "")).strip()
    if words:
        sheet.problems[operation.uid] = words
    return "" if words else "incomplete"


def _take_photo(sheet: Sheet, operation: Operation) -> str:
    if not operation.data.get("sha256"):
        return "incomplete"
    sheet.photos[operation.uid] = dict(operation.data)
    return ""


def _take_part(sheet: Sheet, operation: Operation) -> str:
    name, count = str(operation.data.get("name", "")).strip(), operation.data.get("count")
    if not name or not isinstance(count, int) or count < 1:
        return "incomplete"
    sheet.parts[operation.uid] = {"name": name, "count": count, "number": str(operation.data.get("number", ""))}
    return ""


def _take_part_removed(sheet: Sheet, operation: Operation) -> str:
    return "" if sheet.parts.pop(str(operation.data.get("part", "")), None) else "unknown"


def _take_support(sheet: Sheet, operation: Operation) -> str:
    sheet.support[operation.uid] = (operation.at, str(operation.data.get("words", "")))
    return ""


def _take_guest(sheet: Sheet, operation: Operation) -> str:
    name = str(operation.data.get("name", "")).strip()
    if sheet.arrived_at is None:
        return "too_early"
    if name:
        sheet.guests[operation.uid] = Guest(operation.at, name, str(operation.data.get("of", "")).strip())
    return "" if name else "incomplete"


def _take_guest_work(sheet: Sheet, operation: Operation) -> str:
    guest = sheet.guests.get(str(operation.data.get("guest", "")))
    if guest is not None:
        guest.work = str(operation.data.get("words", "")).strip()
    return "" if guest is not None else "unknown"
