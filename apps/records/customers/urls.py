"""Addresses of the customers' pages."""

from django.urls import path

from apps.records.customers import blacklist_views, views

urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/blacklist/", blacklist_views.entries, name="blacklist"),
    path("customers/blacklist/add/", blacklist_views.bar, name="blacklist_add"),
    path("customers/blacklist/<int:entry_id>/decide/", blacklist_views.decide, name="blacklist_decide"),
    path("customers/blacklist/<int:entry_id>/lift/", blacklist_views.lift, name="blacklist_lift"),
    path("customers/<uuid:customer_id>/", views.customer, name="customer"),
    path("customers/<uuid:customer_id>/edit/", views.edit, name="customer_edit"),
    path("customers/<uuid:customer_id>/blacklist/", blacklist_views.bar_customer, name="customer_bar"),
]
