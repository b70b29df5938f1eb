"""What a document says, as plain data in one fixed writing, and the hash over it."""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shouhou.records.rules.kinds import Field, Kind

NOT_STORED = re.compile(r"[\x00\ud800-\udfff]")  # what neither PostgreSQL nor UTF-8 can hold


class UnknownField(LookupError):
    """Data names a field that the kind does not have. A mistake of ours, never the user's."""


def clean(kind: Kind, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a document as it is kept: every field of the kind, plain values, instants as ISO text with offset.

    Raises UnknownField for a key that the kind does not have, TypeError for a value that has no fixed writing.
    """
    return _filled(kind.fields, data, kind.key)


def _filled(fields: Mapping[str, Field], data: Mapping[str, Any], where: str) -> dict[str, Any]:
    if unknown := set(data) - set(fields):
        raise UnknownField(f"{where}: {', '.join(sorted(unknown))}")
    return {key: _value(field, data.get(key), f"{where}.{key}") for key, field in fields.items()}


def _value(field: Field, value: Any, where: str) -> Any:
    if field.form == "table":
        columns = {c.key: c for c in field.columns}
        return [_filled(columns, line, where) for line in value or []]
    return _plain(value, where)


def _plain(value: Any, where: str) -> Any:
    """Text, whole numbers, truth, nothing; a float has no fixed writing in the database and is refused."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return NOT_STORED.sub("\ufffd", value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"{where}: an instant without a zone.")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "_proxy____cast"):  # a lazy translation would be written in whichever language is set
        raise TypeError(f"{where}: hand over a code or text, not a translation.")
    raise TypeError(f"{where}: {type(value).__name__} has no fixed writing.")


def canonical(value: Any) -> bytes:
    """One fixed writing of plain data: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def digest_of(*, kind: str, title: str, content: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, over what a document says; it is what people sign."""
    return hashlib.sha256(canonical({"kind": kind, "title": title, "content": content})).hexdigest()


def new_uid() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits that nobody guesses."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    return UUID(int=value & ~(0x3 << 62) | 2 << 62)
