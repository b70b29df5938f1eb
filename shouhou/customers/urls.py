from django.urls import path

from shouhou.customers import views

app_name = "customers"

urlpatterns = [
    path("", views.index, name="list"),
    path("find/", views.find, name="find"),
    path("new/", views.new, name="new"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/contacts/new/", views.new_contact, name="new_contact"),
    path("contacts/<int:pk>/", views.edit_contact, name="edit_contact"),
    path("contacts/<int:pk>/account/", views.account, name="account"),
    path("<int:pk>/sites/new/", views.new_site, name="new_site"),
    path("<int:pk>/projects/new/", views.new_project, name="new_project"),
]
