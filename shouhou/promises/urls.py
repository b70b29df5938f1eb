from django.urls import path

from shouhou.promises import views

app_name = "promises"

urlpatterns = [
    path("calendars/", views.calendars, name="calendars"),
    path("calendars/<int:pk>/", views.calendar, name="calendar"),
    path("calendars/<int:pk>/anew/", views.anew, name="anew"),
    path("count/", views.count, name="count"),
]
