"""A page: the whole template, or the one fragment of it that htmx asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the main menu; rooms give theirs in apps.ready()."""

    order: int
    key: str  # the letter after g
    icon: str
    words: Any
    url: str
    allows: Any  # user -> bool


MENU: list[Place] = []
TOP: list[Any] = []  # request -> dict for the frame (unread notices and the like), given by rooms above


# case kind -> what rooms above show on that case's page; each gives a template and its context, or None
PANELS: dict[str, list[Callable[[HttpRequest, Any], "tuple[str, dict[str, Any]] | None"]]] = {}


def panels(request: HttpRequest, case: Any) -> list[str]:
    """What rooms above know of a case, ready to stand on its page."""
    shown = [give(request, case) for give in PANELS.get(case.KIND, [])]
    return [render_to_string(found[0], found[1], request) for found in shown if found]


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, fragment: str = "", status: int = 200
) -> HttpResponse:
    """Render `template#fragment` for htmx and the whole file otherwise.

    Boosted and history-restore requests want the whole file too, else Back shows a bare fragment.
    """
    htmx: Any = getattr(request, "htmx", None)
    partial = bool(fragment and htmx and not htmx.boosted and not htmx.history_restore_request)
    answer = render(request, f"{template}#{fragment}" if partial else template, context, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def frame(request: HttpRequest) -> dict[str, Any]:
    """What base.html shows around every page of a signed-in person; asked for once, however many panels stand on it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    known: dict[str, Any] | None = getattr(request, "_frame", None)
    if known is not None:
        return known
    menu = [place for place in sorted(MENU, key=lambda p: p.order) if place.allows(user)]
    # One place is the present one: that with the longest address; home is nothing but itself.
    within = [p.url for p in menu if request.path == p.url or (p.url != "/" and request.path.startswith(p.url))]
    top: dict[str, Any] = {"menu": menu, "here": max(within, key=len, default="")}
    for give in TOP:
        top.update(give(request))
    request._frame = top  # type: ignore[attr-defined]
    return top


def one_line(text: str, longest: int) -> str:
    """Free text of an address or a bare field as one clean line: no control characters, no more than fits."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def keyset(rows: Any, order: Sequence[str], after: str, size: int) -> tuple[list[Any], str]:
    """One page of `rows` after a key, without counting and without offsets.

    `order` names columns (a leading "-" for descending); the last must be unique. Returns the rows and the key of the
    next page ("" when there is none). A malformed key is read as the first page.
    """
    from django.core.signing import BadSignature, Signer
    from django.db.models import Q

    signer = Signer(salt=f"keyset {' '.join(order)}")  # a key fits the order that it was made for, and no other
    if after:
        try:
            values = signer.unsign_object(after)
        except (BadSignature, ValueError):
            values = None
        if values and len(values) == len(order):
            beyond, equal = Q(), Q()
            for column, value in zip(order, values, strict=True):
                name = column.lstrip("-")
                beyond |= equal & Q(**{f"{name}__{'lt' if column.startswith('-') else 'gt'}": value})
                equal &= Q(**{name: value})
            first = order[0].lstrip("-")
            bound = {f"{first}__{'lte' if order[0].startswith('-') else 'gte'}": values[0]}
            rows = rows.filter(**bound).filter(beyond)  # the plain bound lets the index start at the right place
    found = list(rows.order_by(*order)[: size + 1])
    if len(found) <= size:
        return found, ""
    last = found[size - 1]
    key = []
    for column in order:
        value = getattr(last, column.lstrip("-"))
        key.append(value.isoformat() if hasattr(value, "isoformat") else value)
    return found[:size], signer.sign_object(key)
