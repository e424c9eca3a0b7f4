"""All addresses. Each app brings its own `urls.py`; this file only puts them together."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from apps.routing import availability
from apps.team.views import choose_language, sign_out
from csdesk import showcase
from csdesk.console import site


def favicon(request: HttpRequest) -> HttpResponse:
    """The mark; its hashed name is only known once the static files have been collected."""
    return redirect(static("desk/mark.svg"))


urlpatterns = [
    path("", RedirectView.as_view(url="/demo/" if settings.DEMO else "/desk/"), name="home"),
    # Browsers ask for it of themselves, for answers that are no pages.
    path("favicon.ico", favicon),
    path("i18n/setlang/", choose_language, name="set_language"),
    path("console/", site.urls),
    path("logout/", sign_out, {"leave": availability.signed_out}, name="account_logout"),
    path("dev/components/", include(showcase.urlpatterns)),
    path("", include("apps.team.urls")),
    path("", include("apps.visitor.urls")),
    path("", include("apps.desk.urls")),
    path("", include("apps.records.urls")),
    path("", include("apps.records.customers.urls")),
]
