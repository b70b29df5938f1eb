"""Writes that span rooms: the first run, and the import of a workbook."""

from shouhou.desk.actions.setup import adopt_norm, adopt_standing, first_run, load_reference_data, needs_wizard

__all__ = ["adopt_norm", "adopt_standing", "first_run", "load_reference_data", "needs_wizard"]
