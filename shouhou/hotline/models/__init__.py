"""Telephone numbers, the systems that tell of calls, what they said, the calls themselves, and who is on duty."""

from shouhou.hotline.models.calls import Call
from shouhou.hotline.models.lines import Door, Extension, Line, Signal
from shouhou.hotline.models.roster import DeskPlan, Feed, Shift, ShiftKind

__all__ = ["Call", "DeskPlan", "Door", "Extension", "Feed", "Line", "Shift", "ShiftKind", "Signal"]
