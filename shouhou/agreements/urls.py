from django.urls import path

from shouhou.agreements import views

app_name = "agreements"

urlpatterns = [
    path("", views.index, name="list"),
    path("presets/", views.presets, name="presets"),
    path("presets/<slug:key>/", views.preset, name="preset"),
    path("new/", views.new, name="new"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/delete/", views.discard, name="discard"),
    path("<int:pk>/sign/", views.sign, name="sign"),
    path("<int:pk>/amend/", views.amend, name="amend"),
    path("<int:pk>/renew/", views.renew, name="renew"),
    path("<int:pk>/what-if/", views.what_if, name="what_if"),
    path("<int:pk>/end/", views.end, name="end"),
]
