"""Signing in and one's own account. `/logout/` is put together in `csdesk.urls`: it needs routing."""

from django.urls import path

from apps.team import phone_views, second_factor_views, security_views, views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("login/closed/", views.closed, name="account_inactive"),
    path("login/phone/", phone_views.sign_in_by_phone, name="account_phone_sign_in"),
    path("login/phone/code/", phone_views.sign_in_with_code, name="account_phone_code"),
    path("login/second-factor/", second_factor_views.ask, name="account_second_factor"),
    path("login/once/<str:token>/", security_views.sign_in_once, name="account_sign_in_link"),
    path("account/", security_views.security, name="account_security"),
    path("account/confirm/", security_views.confirm, name="account_confirm"),
    path("account/password/", views.ChangePassword.as_view(), name="account_change_password"),
    path("account/phone/", phone_views.bind, name="account_phone"),
    path("account/phone/code/", phone_views.bind_with_code, name="account_phone_bind_code"),
    path("account/phone/skip/", phone_views.pass_over, name="account_phone_skip"),
    path("account/phone/remove/", phone_views.unbind, name="account_phone_remove"),
    path("account/second-factor/", second_factor_views.set_up, name="account_second_factor_set_up"),
    path("account/second-factor/codes/", second_factor_views.new_codes, name="account_recovery_codes"),
    path("account/second-factor/off/", second_factor_views.turn_off, name="account_second_factor_off"),
]
