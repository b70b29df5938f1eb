"""What every page tells the browser about itself."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Scripts come from our own files only: words that somebody smuggled into a page are not run.
# Styles likewise, but for attributes: the strips of counted time and the choosers set widths there.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data:",  # the picture of the second step
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


def content_policy(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """A page that is stricter with itself, like an attachment, stays so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        answer.headers.setdefault("Content-Security-Policy", POLICY)
        return answer

    return middleware
