"""Signing in and one's own password. `/logout/` is put together in `csdesk.urls`: it needs routing."""

from django.urls import path

from apps.team import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("login/closed/", views.closed, name="account_inactive"),
    path("account/password/", views.ChangePassword.as_view(), name="account_change_password"),
]
