"""Addresses of the workbench."""

from django.urls import path

from apps.desk import monitor_page, numbers, replies, summing_up, uploads, views

urlpatterns = [
    path("api/desk/upload", uploads.upload, name="desk-upload"),
    path("desk/", views.desk, name="desk"),
    path("desk/manifest.json", views.manifest, name="desk-manifest"),
    path("desk/quick-replies/", replies.replies, name="desk-quick-replies"),
    path("desk/quick-replies/mine.csv", replies.file, {"form": "csv"}, name="desk-quick-replies-file"),
    path("desk/quick-replies/mine.xlsx", replies.file, {"form": "xlsx"}, name="desk-quick-replies-xlsx"),
    path("desk/quick-replies/<int:reply_id>/", replies.reply, name="desk-quick-reply"),
    path("desk/quick-replies/<int:reply_id>/used/", replies.used, name="desk-quick-reply-used"),
    path("desk/monitor/", monitor_page.monitor, name="desk-monitor"),
    path("desk/numbers/", numbers.today, name="desk-numbers"),
    path("desk/ended/", views.ended, name="desk-ended"),
    path("desk/sessions/<uuid:session_id>/", views.session, name="desk-session"),
    path("desk/sessions/<uuid:session_id>/summary/", summing_up.form, name="desk-summary"),
]
