from django.urls import path

from apps.records import views

urlpatterns = [
    path("records/", views.records, name="records"),
    path("records/<uuid:record_id>/", views.record, name="record"),
    path("records/<uuid:record_id>/access/", views.ask_for_access, name="record_access"),
    path("records/<uuid:record_id>/star/", views.star, name="record_star"),
    path("records/<uuid:record_id>/transcript.txt", views.transcript_txt, name="record_txt"),
]
