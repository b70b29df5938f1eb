"""The JSON door: every room's router, and refusals as 409."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import django_auth

from shouhou.requests.api import router as requests
from shouhou.shared.lifecycle import Refused

api = NinjaAPI(title="Shouhou", version="1", auth=django_auth, urls_namespace="api", docs_decorator=login_required)
api.add_router("/requests", requests)


@api.exception_handler(Refused)
def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """A rule said no: the same words as on the page."""
    return api.create_response(request, {"detail": str(refusal)}, status=409)
