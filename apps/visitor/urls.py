"""Addresses of the customer's side: pages and what the window's scripts call."""

from django.urls import path

from apps.visitor import views

app_name = "visitor"
urlpatterns = [
    path("chat/<slug:key>/", views.window, name="window"),
    path("chat/<slug:key>/frame/", views.frame, name="frame"),
    path("chat/<slug:key>/look.json", views.look, name="look"),
    path("widget.js", views.widget, name="widget"),
    path("demo/", views.demo, name="demo"),
]
