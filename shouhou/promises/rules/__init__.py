"""The engine: counts as the Civil Code counts (民法典 第二百条至第二百零四条), folds events into clocks, explains itself.

No Django and no clock reading in here: plain functions and frozen dataclasses over aware datetimes, so that it can be
tested by the million and read by a lawyer.
"""
