"""Calendars, commitments, clocks, and the base of every case that promises bind."""

from shouhou.promises.models.calendars import Calendar, CalendarVersion
from shouhou.promises.models.cases import NO_CLOCK, Promised
from shouhou.promises.models.clocks import Clock
from shouhou.promises.models.commitments import Commitment, CommitmentSet

__all__ = ["NO_CLOCK", "Calendar", "CalendarVersion", "Clock", "Commitment", "CommitmentSet", "Promised"]
