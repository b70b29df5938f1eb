from django.urls import path

from shouhou.feedback.views import complaints, follow_ups

app_name = "feedback"

urlpatterns = [
    path("follow-ups/", follow_ups.index, name="list"),
    path("follow-ups/<int:pk>/", follow_ups.detail, name="detail"),
    path("follow-ups/<int:pk>/missed/", follow_ups.missed, name="missed"),
    path("complaints/", complaints.index, name="complaints"),
    path("complaints/new/", complaints.new, name="new_complaint"),
    path("complaints/<int:pk>/", complaints.detail, name="complaint"),
    path("complaints/<int:pk>/answer/", complaints.answer, name="answer_complaint"),
    path("complaints/<int:pk>/agree/", complaints.agree, name="agree_complaint"),
    path("complaints/<int:pk>/reopen/", complaints.reopen, name="reopen_complaint"),
    path("complaints/<int:pk>/close/", complaints.close, name="close_complaint"),
    path("complaints/<int:pk>/give/", complaints.give, name="give_complaint"),
]
