from django.urls import path

from shouhou.hotline.views import board, calls, door, lines, visits

app_name = "hotline"

urlpatterns = [
    path("", board.board, name="board"),
    path("ringing/", board.ringing, name="ringing"),
    path("calls/", calls.index, name="calls"),
    path("take/", calls.by_hand, name="take"),
    path("calls/<int:pk>/", calls.detail, name="call"),
    path("calls/<int:pk>/consultation/", calls.consultation, name="consultation"),
    path("calls/<int:pk>/request/", calls.to_request, name="to_request"),
    path("calls/<int:pk>/who/", calls.who, name="who"),
    path("calls/<int:pk>/settle/", calls.settle, name="settle"),
    path("calls/<int:pk>/back/", calls.call_back, name="call_back"),
    path("calls/<int:pk>/take-over/", calls.take_over, name="take_over"),
    path("calls/<int:pk>/hang-up/", calls.hang_up, name="hang_up"),
    path("calls/<int:pk>/draft/", calls.draft, name="draft"),
    path("requests/<int:pk>/visit/", visits.ask, name="ask"),
    path("visits/", visits.index, name="visits"),
    path("visits/<int:pk>/", visits.detail, name="visit"),
    path("lines/", lines.index, name="lines"),
    path("lines/new/", lines.new_line, name="new_line"),
    path("doors/new/", lines.new_door, name="new_door"),
    path("doors/<int:pk>/", lines.door, name="door"),
    path("doors/<int:pk>/renew/", lines.renew, name="renew"),
    path("door/<int:pk>/", door.hear_message, name="hear"),
]
