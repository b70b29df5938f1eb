"""The web door of requests, a file per sort of page."""

from shouhou.requests.views import detail, groups, intake, moves, pages, support

__all__ = ["detail", "groups", "intake", "moves", "pages", "support"]
