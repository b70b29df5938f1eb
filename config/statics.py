"""Addresses of static files that change with their content, so that browsers may keep them for a year."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@cache
def _version(name: str) -> str:
    """The start of the content's hash, read once per process."""
    found = finders.find(name)
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:12] if isinstance(found, str) else ""


class VersionedStatic(StaticFilesStorage):
    """`{% static %}` with ?v=<hash>; nothing is copied or collected. Under DEBUG addresses stay plain."""

    def url(self, name: str | None) -> str:
        plain = super().url(name)
        version = _version(name) if name and not settings.DEBUG else ""
        return f"{plain}?v={version}" if version else plain
