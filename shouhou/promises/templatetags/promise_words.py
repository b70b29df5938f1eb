"""Explanations in words and widths."""

from django import template
from django.utils.translation import get_language

from shouhou.promises.rules.explain import Segment, words
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
