"""A workbook read into rows: every cell is either understood or named as a problem."""

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from shouhou.desk.rules.bounds import BadWorkbook, measured, unreadable
from shouhou.desk.rules.cells import BadCell, is_empty, read, shown
from shouhou.desk.rules.columns import SHEETS, Column, SheetKind, column_named, is_examples, plain, sheet_named

LONGEST = 120  # of a bad value as it is shown


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad cell: where it is, what stands there, what is wrong, and what to do."""

    sheet: str
    row: int
    column: str
    value: str
    wrong: str
    remedy: str

    @property
    def cell(self) -> str:
        return f"{self.column}{self.row}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A further cell of an open-ended sheet: the blank of a preset."""

    letter: str
    head: str
    value: str


@dataclass
class Line:
    """One row of a sheet: the values that were understood; empty cells are left out."""

    kind: str
    title: str
    number: int
    letters: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    further: dict[str, Cell] = field(default_factory=dict)
    further_letters: dict[str, str] = field(default_factory=dict)

    def get(self, key: str, otherwise: Any = None) -> Any:
        return self.values.get(key, otherwise)

    def problem(self, key: str, wrong: str, remedy: str) -> Problem:
        """A problem with this row's cell of that column."""
        letter = self.letters.get(key, "")
        return Problem(self.title, self.number, letter, self.raw.get(key, "")[:LONGEST], wrong, remedy)


@dataclass
class Book:
    """Everything that was read."""

    lines: dict[str, list[Line]] = field(default_factory=lambda: {sheet.key: [] for sheet in SHEETS})
    titles: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def all_lines(self) -> Iterator[Line]:
        for sheet in SHEETS:
            yield from self.lines[sheet.key]


def letter(index: int) -> str:
    """The column's letter: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def _opened(content: bytes) -> CalamineWorkbook:
    """Open the workbook. Raises BadWorkbook with the remedy."""
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(measured(content)))
    except CalamineError:
        raise unreadable() from None


def read_workbook(content: bytes, *, zone: tzinfo, further: Collection[str] = ()) -> Book:
    """Read every known sheet. `further` are head lines that open-ended sheets may have besides their own columns.

    Raises BadWorkbook if the file is no workbook or has none of the sheets.
    """
    workbook, book = _opened(content), Book()
    allowed = {plain(name) for name in further}
    try:
        for title in workbook.sheet_names:
            kind = sheet_named(title)
            if is_examples(title):
                continue
            if kind is None:
                book.ignored.append(title)
            elif kind.key in book.titles:
                raise BadWorkbook(
                    _("The sheets “%(one)s” and “%(other)s” are of the same kind: put their rows into one.")
                    % {"one": book.titles[kind.key], "other": title}
                )
            else:
                book.titles[kind.key] = title
                _read_sheet(book, kind, title, workbook.get_sheet_by_name(title), zone, allowed)
    except CalamineError:
        raise unreadable() from None
    if not book.titles:
        names = ", ".join(f"{sheet.zh} / {sheet.en}" for sheet in SHEETS)
        raise BadWorkbook(_("None of the sheets is known. Name them: %(names)s.") % {"names": names})
    return book


def _read_sheet(book: Book, kind: SheetKind, title: str, sheet: CalamineSheet, zone: tzinfo, allowed: set[str]) -> None:
    rows = enumerate(sheet.to_python(skip_empty_area=False), start=1)
    head = next(((number, row) for number, row in rows if not all(map(is_empty, row))), None)
    if head is None:
        return
    columns, others = _read_head(book, kind, title, *head, allowed)
    letters = {column.key: letter(x) for x, column in columns.items()}
    other_letters = {plain(name): letter(x) for x, name in others.items()}
    for number, row in rows:
        if all(map(is_empty, row)):
            continue
        line = Line(kind.key, title, number, letters, further_letters=other_letters)
        for x, column in columns.items():
            _read_cell(book, line, column, row[x] if x < len(row) else None, zone)
        for x, name in others.items():
            if x < len(row) and not is_empty(row[x]):
                line.further[plain(name)] = Cell(letter(x), name, shown(row[x]))
        book.lines[kind.key].append(line)


def _read_head(
    book: Book, kind: SheetKind, title: str, number: int, row: list[Any], allowed: set[str]
) -> tuple[dict[int, Column], dict[int, str]]:
    """Which column stands where; unknown, doubled and missing ones are problems."""
    columns: dict[int, Column] = {}
    others: dict[int, str] = {}
    for x, value in enumerate(row):
        if is_empty(value):
            continue
        name = shown(value)
        column = column_named(kind, name)
        wrong = remedy = ""
        if column is not None and column in columns.values():
            wrong, remedy = _("This column is there twice."), _("Delete one of the two.")
        elif column is not None:
            columns[x] = column
        elif kind.open_ended and plain(name) in allowed:
            others[x] = name
        else:
            known = ", ".join(c.head(chinese=_is_chinese(title)) for c in kind.columns)
            wrong, remedy = _("This column is not known."), _("Delete it or name it: %(names)s.") % {"names": known}
        if wrong:
            book.problems.append(Problem(title, number, letter(x), name[:LONGEST], wrong, remedy))
    for column in kind.columns:
        if column.required and column not in columns.values():
            name = column.head(chinese=_is_chinese(title))
            book.problems.append(
                Problem(
                    title, number, "", "", _("The column “%(name)s” is missing.") % {"name": name}, _("Add the column.")
                )
            )
    return columns, others


def _is_chinese(title: str) -> bool:
    return not title.isascii()


def _read_cell(book: Book, line: Line, column: Column, value: Any, zone: tzinfo) -> None:
    if is_empty(value):
        if column.required:
            book.problems.append(
                line.problem(column.key, _("This cell must be filled."), _("Fill it in, or delete the row."))
            )
        return
    line.raw[column.key] = shown(value)
    try:
        found = read(column, value, zone)
    except BadCell as bad:
        book.problems.append(line.problem(column.key, bad.wrong, bad.remedy))
        return
    if found not in ("", []):
        line.values[column.key] = found
    elif column.required:
        book.problems.append(
            line.problem(column.key, _("This cell must be filled."), _("Fill it in, or delete the row."))
        )
