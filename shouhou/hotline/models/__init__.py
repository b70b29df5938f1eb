"""Telephone numbers, the systems that tell of calls, what they said, and the calls themselves."""

from shouhou.hotline.models.calls import Call
from shouhou.hotline.models.lines import Door, Extension, Line, Signal

__all__ = ["Call", "Door", "Extension", "Line", "Signal"]
