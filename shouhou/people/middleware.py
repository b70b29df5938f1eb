"""The reader's language and zone, for this request only."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

COOKIE = "language"


def reader_preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A signed-in person's choice; else the cookie of a visitor; else Chinese."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        language = user.language if user.is_authenticated else request.COOKIES.get(COOKIE, settings.LANGUAGE_CODE)
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        zone = ZoneInfo(user.zone if user.is_authenticated else settings.TIME_ZONE)
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            answer = get_response(request)
            answer.headers.setdefault("Content-Language", language)
            return answer

    return middleware
