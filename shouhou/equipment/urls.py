from django.urls import path

from shouhou.equipment import views

app_name = "equipment"

urlpatterns = [
    path("products/", views.products, name="products"),
    path("of/<int:customer>/new/", views.new, name="new"),
    path("<int:pk>/edit/", views.edit, name="edit"),
]
