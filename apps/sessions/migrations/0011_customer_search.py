"""Customers are found by any part of their name, user ID, phone number or e-mail, among very many (D-9).

The embedded server has no trigram extension, so a function of our own cuts a text into all its pieces of
one to three signs, and an index over them narrows the search down to the few rows that hold all pieces.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper

FUNCTION = """
CREATE FUNCTION service_sessions_pieces(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(low, start, size)), '{}')
    FROM lower(words) AS low,
        generate_series(1, 3) AS size,
        generate_series(1, length(low) - size + 1) AS start
$$
"""
NAMES = """
CREATE INDEX CONCURRENTLY customer_name_pieces ON service_sessions_customer
USING gin (service_sessions_pieces(name || chr(10) || user_id))
"""
CONTACTS = """
CREATE INDEX CONCURRENTLY customer_contact_pieces ON service_sessions_customer
USING gin (service_sessions_pieces(phone || chr(10) || email))
"""


class Migration(migrations.Migration):
    # Built beside a running service, which no transaction allows.
    atomic = False

    dependencies = [("service_sessions", "0010_access_requests")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION service_sessions_pieces(text)"),
        migrations.RunSQL(NAMES, "DROP INDEX CONCURRENTLY customer_name_pieces"),
        migrations.RunSQL(CONTACTS, "DROP INDEX CONCURRENTLY customer_contact_pieces"),
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(fields=["-last_seen_at", "-id"], name="customers_by_last_visit"),
        ),
        AddIndexConcurrently(
            model_name="customer",
            index=models.Index(fields=["phone"], condition=~models.Q(phone=""), name="customers_by_phone"),
        ),
        AddIndexConcurrently(
            model_name="customer", index=models.Index(Upper("email"), name="customers_by_email")
        ),
    ]
