"""Where each room's pages hang.

Django's admin is not among them: nothing needs it, and its sign-in page knows neither the second step nor the limits.
"""

from django.urls import include, path

from config.api import api

urlpatterns = [
    path("", include("shouhou.desk.urls")),
    path("requests/", include("shouhou.requests.urls")),
    path("customers/", include("shouhou.customers.urls")),
    path("equipment/", include("shouhou.equipment.urls")),
    path("agreements/", include("shouhou.agreements.urls")),
    path("records/", include("shouhou.records.urls")),
    path("knowledge/", include("shouhou.knowledge.urls")),
    path("promises/", include("shouhou.promises.urls")),
    path("people/", include("shouhou.people.urls")),
    path("hotline/", include("shouhou.hotline.urls")),
    path("visits/", include("shouhou.visits.urls")),
    path("reports/", include("shouhou.reports.urls")),
    path("", include("shouhou.feedback.urls")),
    path("portal/", include("shouhou.portal.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/", api.urls),
]
