"""Reads settings from the environment, and refuses a bad value instead of guessing."""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(SystemExit):
    """A setting that the product will not start with; the message names it and the remedy."""


def text(name: str, default: str = "") -> str:
    """The value of a variable, or of the file that NAME_FILE points to (for secrets)."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text("utf-8").strip()
        except OSError as trouble:
            raise BadSetting(f"{name}_FILE: cannot read {file} ({trouble.strerror}).") from None
    return os.environ.get(name, default)


def boolean(name: str, default: bool = False) -> bool:
    """true/false, 1/0, yes/no; anything else stops the start."""
    value = text(name).lower()
    if value in ("", "1", "true", "yes", "0", "false", "no"):
        return value in ("1", "true", "yes") if value else default
    raise BadSetting(f"{name}={value!r} is neither true nor false: write {name}=true or {name}=false.")


def integer(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """A whole number between two bounds."""
    value = text(name)
    try:
        number = int(value) if value else default
    except ValueError:
        raise BadSetting(f"{name}={value!r} is not a whole number.") from None
    if not least <= number <= most:
        raise BadSetting(f"{name}={number} must lie between {least} and {most}.")
    return number


def database(url: str) -> dict[str, object]:
    """Django's description of the database at a postgresql:// address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise BadSetting(f"DATABASE_URL must start with postgresql://, not {parts.scheme or 'nothing'}://.")
    query = dict(parse_qsl(parts.query))
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise BadSetting("DATABASE_URL names no database: end it with /NAME.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
