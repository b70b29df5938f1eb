from django.urls import path

from shouhou.feedback import views

app_name = "feedback"

urlpatterns = [
    path("", views.index, name="list"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/missed/", views.missed, name="missed"),
]
