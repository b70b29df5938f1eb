"""Around every page: the reader's language and zone, and refusals turned into answers."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme

from shouhou.shared.lifecycle import Refused

LANGUAGE_COOKIE = "language"


def reader_preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A signed-in person's choice; else the cookie of a visitor; else Chinese."""

    def middleware(request: HttpRequest) -> HttpResponse:
        user = request.user
        language = (
            user.language if user.is_authenticated else request.COOKIES.get(LANGUAGE_COOKIE, settings.LANGUAGE_CODE)
        )
        if language not in dict(settings.LANGUAGES):
            language = settings.LANGUAGE_CODE
        zone = ZoneInfo(user.zone if user.is_authenticated else settings.TIME_ZONE)
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language
            answer = get_response(request)
            answer.headers.setdefault("Content-Language", language)
            return answer

    return middleware


def refusals(get_response: Callable[[HttpRequest], HttpResponse]) -> "Refusals":
    """Middleware factory."""
    return Refusals(get_response)


class Refusals:
    """409 into the toast for htmx; a message and the page before for a plain form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused) or request.path.startswith("/api/"):
            return None
        if getattr(request, "htmx", None):
            answer = HttpResponse(render_to_string("ui/toast.html", {"text": str(exception)}, request), status=409)
            answer["HX-Retarget"], answer["HX-Reswap"] = "#toast", "innerHTML"
            return answer
        messages.error(request, str(exception))
        back = request.META.get("HTTP_REFERER", "/")
        if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
            back = "/"
        return HttpResponseRedirect(back)
