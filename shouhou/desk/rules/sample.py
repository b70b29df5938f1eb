"""The workbook to fill in: every sheet with its head line and one example row."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from shouhou.desk.rules.columns import SHEETS


def sample(*, chinese: bool, rows: Mapping[str, Mapping[str, Any]], further: tuple[str, ...] = ()) -> bytes:
    """Write the sample. `rows` holds one example per sheet; `further` are the blanks of the example's preset.

    Text columns are formatted as text, so that Excel keeps every digit of numbers typed there.
    """
    import xlsxwriter  # 14 MB that the worker and most web processes never need

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold = book.add_format({"bold": True, "bg_color": "#e8eef7", "num_format": "@"})
    formats = {
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "whole": book.add_format({"num_format": "0"}),
    }
    text = book.add_format({"num_format": "@"})
    for kind in SHEETS:
        sheet = book.add_worksheet(kind.name(chinese))
        sheet.freeze_panes(1, 0)
        example = rows.get(kind.key, {})
        columns = [(c.key, c.head(chinese), formats.get(c.reads, text)) for c in kind.columns]
        if kind.open_ended:
            columns += [(name, name, text) for name in further]
        for x, (key, head, look) in enumerate(columns):
            sheet.set_column(x, x, max(14, min(40, len(head) * (2 if chinese else 1) + 2)), look)
            sheet.write_string(0, x, head, bold)
            value = example.get(key)
            if isinstance(value, datetime | date):
                sheet.write_datetime(1, x, value.replace(tzinfo=None) if isinstance(value, datetime) else value, look)
            elif isinstance(value, int):
                sheet.write_number(1, x, value, look)
            elif value is not None:
                sheet.write_string(1, x, value, look)
    book.close()
    return out.getvalue()
