from django.urls import path

from shouhou.people import views

app_name = "people"

urlpatterns = [
    path("me/", views.me, name="me"),
    path("language/", views.language, name="language"),
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.edit, name="edit"),
    path("organisations/", views.organisations, name="organisations"),
]
