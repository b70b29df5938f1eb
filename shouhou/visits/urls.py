from django.urls import path

from shouhou.visits.views import app, badge, dispatch, rating

app_name = "visits"

urlpatterns = [
    path("", dispatch.index, name="dispatch"),
    path("propose/", dispatch.propose, name="propose"),
    path("adopt/", dispatch.adopt, name="adopt"),
    path("plan/<int:pk>/", dispatch.plan, name="plan"),
    path("<int:pk>/", dispatch.detail, name="detail"),
    path("<int:pk>/move/", dispatch.move, name="move"),
    path("<int:pk>/act/<slug:move>/", dispatch.act, name="act"),
    path("<int:pk>/pictures/<int:photo>/", dispatch.picture, name="picture"),
    path("<int:pk>/photo/", app.photo, name="photo"),
    path("appointment/<str:token>/", dispatch.appointment, name="appointment"),
    path("badge/<str:token>/", badge.badge, name="badge"),
    path("feed/<str:secret>.ics", badge.feed, name="feed"),
    path("rate/<str:token>/", rating.rate, name="rate"),
    path("app/", app.app, name="app"),
    path("app/day.json", app.day, name="day"),
    path("app/sync/", app.sync, name="sync"),
    path("app/sw.js", app.worker, name="worker"),
    path("app/manifest.webmanifest", app.manifest, name="manifest"),
]
