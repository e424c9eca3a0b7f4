"""Addresses of the workbench."""

from django.urls import path

from apps.desk import numbers, uploads, views

urlpatterns = [
    path("api/desk/upload", uploads.upload, name="desk-upload"),
    path("desk/", views.desk, name="desk"),
    path("desk/quick-replies/", views.quick_replies, name="desk-quick-replies"),
    path("desk/numbers/", numbers.today, name="desk-numbers"),
    path("desk/ended/", views.ended, name="desk-ended"),
    path("desk/sessions/<uuid:session_id>/", views.session, name="desk-session"),
]
