from django.urls import path

from shouhou.knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("", views.index, name="list"),
    path("new/", views.new, name="new"),
    path("compilations/", views.compilations, name="compilations"),
    path("compilations/<int:pk>/<str:move>/", views.move_compilation, name="move_compilation"),
    path("<int:pk>/", views.article, name="article"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/submit/", views.submit, name="submit"),
    path("<int:pk>/publish/", views.publish, name="publish"),
    path("<int:pk>/return/", views.send_back, name="return"),
    path("<int:pk>/revise/", views.revise, name="revise"),
    path("<int:pk>/retire/", views.retire, name="retire"),
    path("<int:pk>/vote/", views.vote, name="vote"),
]
