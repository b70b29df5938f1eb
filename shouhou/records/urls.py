from django.urls import path

from shouhou.records import views

app_name = "records"

urlpatterns = [
    path("", views.index, name="list"),
    path("verify/<uuid:uid>/", views.verify, name="verify"),
    path("signatures/<int:pk>/", views.signature, name="signature"),
    path("<int:pk>/", views.detail, name="detail"),
    path("<int:pk>/pdf/", views.pdf, name="pdf"),
    path("<int:pk>/sign/", views.sign, name="sign"),
    path("<int:pk>/file/", views.file, name="file"),
    path("<int:pk>/void/", views.void, name="void"),
]
