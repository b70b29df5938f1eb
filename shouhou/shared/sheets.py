"""Excel sheets: written by XlsxWriter, read by calamine."""

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.timezone import get_current_timezone


def workbook(title: str, head: Sequence[str], lines: Iterable[Sequence[Any]]) -> bytes:
    """One sheet with a head line; instants in the reader's zone. Text that looks like a formula stays text."""
    import xlsxwriter  # 14 MB that the worker and most web processes never need

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, head, bold)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(0, len(head) - 1), 18)
    zone = get_current_timezone()
    for y, line in enumerate(lines, start=1):
        for x, value in enumerate(line):
            if isinstance(value, datetime):
                sheet.write_datetime(y, x, value.astimezone(zone).replace(tzinfo=None), instant)
            elif isinstance(value, date):
                sheet.write_datetime(y, x, value, day)
            elif value is not None:
                sheet.write(y, x, str(value) if isinstance(value, Promise) else value)
    book.close()
    return out.getvalue()
