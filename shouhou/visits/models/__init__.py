"""Visits, and what phones sent of them."""

from shouhou.visits.models.operations import VisitOperation, VisitPhoto
from shouhou.visits.models.ratings import VisitRating
from shouhou.visits.models.visits import Visit

__all__ = ["Visit", "VisitOperation", "VisitPhoto", "VisitRating"]
