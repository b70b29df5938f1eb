"""What customers say of our service."""

from shouhou.feedback.models.complaints import Complaint
from shouhou.feedback.models.follow_ups import FollowUp

__all__ = ["Complaint", "FollowUp"]
