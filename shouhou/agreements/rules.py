"""How long an agreement runs when it is renewed. Days are calendar days of the service organisation."""

from datetime import date, timedelta


def following_period(starts_on: date, ends_on: date) -> tuple[date, date]:
    """The next period of the same length, from the day after: whole months stay whole months, else as many days.

    1 January to 31 December is followed by the next calendar year, 29 February by the last day of a February.
    """
    begins = ends_on + timedelta(days=1)
    months = (begins.year - starts_on.year) * 12 + begins.month - starts_on.month
    if months > 0 and shifted(starts_on, months) == begins:
        return begins, shifted(begins, months, wanted=starts_on.day) - timedelta(days=1)
    return begins, begins + (ends_on - starts_on)


def shifted(day: date, months: int, *, wanted: int = 0) -> date:
    """So many months later, on the same day of the month or, where that month is shorter, on its last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=(wanted or day.day) - 1), after - timedelta(days=1))
