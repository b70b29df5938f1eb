from django.urls import path

from shouhou.portal import views

app_name = "portal"

urlpatterns = [
    path("", views.index, name="home"),
    path("new/", views.new, name="new"),
    path("requests/<int:pk>/", views.request_page, name="request"),
    path("vendor/<str:token>/", views.vendor, name="vendor"),
    path("vendor/<str:token>/document/", views.vendor_pdf, name="vendor_pdf"),
    path("confirm/<str:token>/", views.confirm, name="confirm"),
]
