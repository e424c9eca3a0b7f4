"""The agent's numbers of today, as the workbench shows them (D-14)."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.records.numbers import my_numbers


@require_GET
@never_cache
@login_required
def today(request: HttpRequest) -> JsonResponse:
    """`{sessions, first_reply, service, rating, ratings}`: times in seconds, null where there is none yet."""
    zone = timezone.get_current_timezone()
    return JsonResponse(my_numbers(request.user, timezone.localdate(timezone=zone), zone).as_dict())
