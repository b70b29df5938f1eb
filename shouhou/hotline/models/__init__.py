"""Telephone numbers, the systems that tell of calls, the calls themselves, who is on duty, and the hotline card."""

from shouhou.hotline.models.calls import Call
from shouhou.hotline.models.cards import HotlineCard
from shouhou.hotline.models.lines import Door, Extension, Line, Signal
from shouhou.hotline.models.roster import DeskPlan, Feed, Shift, ShiftKind

__all__ = ["Call", "DeskPlan", "Door", "Extension", "Feed", "HotlineCard", "Line", "Shift", "ShiftKind", "Signal"]
