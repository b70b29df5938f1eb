from django.urls import path

from shouhou.desk import views

app_name = "desk"

urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("notices/", views.notices, name="notices"),
    path("notices/<int:pk>/", views.open_notice, name="open_notice"),
    path("notices/read/", views.read_all, name="read_all"),
    path("customers/<int:pk>/", views.customer, name="customer"),
    path("equipment/<int:pk>/", views.item, name="item"),
    path("knowledge/requests/<int:pk>/", views.articles, name="articles"),
    path("knowledge/requests/<int:pk>/write/", views.write_article, name="write_article"),
    path("knowledge/requests/<int:pk>/used/", views.article_used, name="article_used"),
    path("setup/", views.setup, name="setup"),
    path("imports/", views.imports, name="imports"),
    path("imports/sample/", views.import_sample, name="import_sample"),
]
