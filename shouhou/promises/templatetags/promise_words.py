"""Explanations in words and widths."""

from django import template
from django.utils.translation import get_language

from shouhou.promises.rules.clauses import all_clauses
from shouhou.promises.rules.explain import Segment, words
from shouhou.promises.rules.period import in_words
from shouhou.shared.templatetags.shared import span_words

register = template.Library()


@register.filter
def why(segment: Segment) -> str:
    """Why a stretch counts or not, in the reader's language."""
    return words(segment, get_language() or "zh-hans")


@register.filter
def weight(segment: Segment) -> int:
    """The width of a stretch in the strip: minutes, with long ones compressed so that short ones stay visible."""
    minutes = (segment.end - segment.start).total_seconds() / 60
    return max(1, round(minutes**0.6))


@register.filter
def length_words(segment: Segment) -> str:
    """How long the stretch is."""
    return span_words((segment.end - segment.start).total_seconds())


@register.filter
def period(within: str | None) -> str:
    """A written period (2 wd) as the reader says it: 2 个工作日, 2 working days."""
    return in_words(within, get_language() or "zh-hans") if within else ""


@register.filter
def clause_words(clause_id: str) -> str:
    """What a clause says, by its id in the catalogue; for staff, who know the norm by its numbers."""
    found, language = all_clauses().get(clause_id), get_language() or "zh-hans"
    return f"{found.title(language)} · {found.duty(language)}" if found else ""
