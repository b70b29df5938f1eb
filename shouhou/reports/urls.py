from django.urls import path

from shouhou.reports import views

app_name = "reports"

urlpatterns = [
    path("conformance/", views.conformance, name="conformance"),
    path("corrective/", views.actions, name="actions"),
    path("corrective/<int:pk>/", views.action, name="action"),
    path("conformance/<str:code>/", views.clause, name="clause"),
]
