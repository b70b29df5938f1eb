"""The engine: counts as the Civil Code counts (民法典 Art. 200-204), folds events into clocks, explains itself.

No Django and no clock reading in here: plain functions and frozen dataclasses over aware datetimes, so that it can be
tested by the million and read by a lawyer.
"""
