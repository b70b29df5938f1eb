"""The workbook to fill in: every sheet with its head line only, and the examples on a sheet that is never read."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shouhou.desk.rules.columns import EXAMPLES, SHEETS


def sample(*, chinese: bool, rows: Mapping[str, Mapping[str, Any]], further: tuple[str, ...] = ()) -> bytes:
    """Write the sample. `rows` holds one example per sheet; `further` are the blanks of the example's preset.

    Text columns are formatted as text, so that Excel keeps every digit of numbers typed there. The examples stand on
    a sheet of their own: as rows they would be imported by whoever forgets to delete them.
    """
    import xlsxwriter  # 14 MB that the worker and most web processes never need

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bg_color": "#e8eef7", "num_format": "@"})
    title = book.add_format({"bold": True, "font_size": 14})
    formats = {
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "whole": book.add_format({"num_format": "0"}),
    }
    text = book.add_format({"num_format": "@"})
    shown = []
    for kind in SHEETS:
        sheet = book.add_worksheet(kind.name(chinese))
        sheet.freeze_panes(1, 0)
        columns = [(c.key, c.head(chinese), formats.get(c.reads, text)) for c in kind.columns]
        if kind.open_ended:
            columns += [(name, name, text) for name in further]
        for x, (_key, head, look) in enumerate(columns):
            sheet.set_column(x, x, max(14, min(40, len(head) * (2 if chinese else 1) + 2)), look)
            sheet.write_string(0, x, head, bold)
        shown.append((kind, columns))
    sheet = book.add_worksheet(EXAMPLES[0 if chinese else 1])
    sheet.set_column(0, max(len(columns) for _kind, columns in shown), 22)
    for block, (kind, columns) in enumerate(shown):
        top = block * 4
        sheet.write_string(top, 0, kind.name(chinese), title)
        for x, (key, head, look) in enumerate(columns):
            sheet.write_string(top + 1, x, head, bold)
            _put(sheet, top + 2, x, rows.get(kind.key, {}).get(key), look)
    book.close()
    return out.getvalue()


def _put(sheet: Any, y: int, x: int, value: Any, look: Any) -> None:
    if isinstance(value, datetime | date):
        sheet.write_datetime(y, x, value.replace(tzinfo=None) if isinstance(value, datetime) else value, look)
    elif isinstance(value, int):
        sheet.write_number(y, x, value, look)
    elif value is not None:
        sheet.write_string(y, x, value, look)
