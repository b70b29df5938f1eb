"""Service requests, their hand-overs, talk and files, and the problems that stand behind them."""

from shouhou.requests.models.handovers import Reassignment
from shouhou.requests.models.imports import ImportRun
from shouhou.requests.models.problems import MajorIncident, Problem
from shouhou.requests.models.requests import ServiceRequest
from shouhou.requests.models.severity import SeverityPlan
from shouhou.requests.models.support import SupportRequest
from shouhou.requests.models.talk import Attachment, ConfirmationLink, Message, RequestLink, SavedView
from shouhou.requests.models.visits import VisitRequest

__all__ = [
    "Attachment", "ConfirmationLink", "ImportRun", "MajorIncident", "Message", "Problem", "Reassignment", "RequestLink",
    "SavedView", "ServiceRequest", "SeverityPlan", "SupportRequest", "VisitRequest",
]  # fmt: skip
