"""Secrets at rest (X-15): readable with our key only, and only where they were put."""

import pytest

from apps.sessions import signing_secrets
from apps.sessions.models import Channel
from csdesk import sealing
from tests import factories as make

OLD, NEW = "o" * 50, "n" * 50


def test_what_is_sealed_opens_again_and_never_looks_the_same():
    one, two = (sealing.seal("test", "place", "words 文字") for _ in range(2))
    assert one != two
    assert "words" not in one
    assert sealing.unseal("test", "place", one) == sealing.unseal("test", "place", two) == "words 文字"


def test_it_opens_for_its_purpose_and_place_only():
    sealed = sealing.seal("test", "table.1.column", "words")
    for purpose, place in (("other", "table.1.column"), ("test", "table.2.column"), ("test", "")):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(purpose, place, sealed)


def test_a_changed_one_does_not_open():
    version, name, box = sealing.seal("test", "place", "words").split(".")
    flipped = ("A" if box[5] != "A" else "B").join((box[:5], box[6:]))
    for sealed in (
        f"{version}.{name}.{flipped}",
        f"2.{name}.{box}",
        f"{version}.00000000.{box}",
        "",
        "1.x",
        box,
    ):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal("test", "place", sealed)


def test_a_former_key_still_opens_and_a_lost_one_does_not(settings):
    settings.SECRET_KEY = OLD
    sealed = sealing.seal("test", "place", "words")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert sealing.unseal("test", "place", sealed) == "words"
    assert sealing.seal("test", "place", "words").split(".")[1] != sealed.split(".")[1]
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(sealing.Unreadable):
        sealing.unseal("test", "place", sealed)


@pytest.mark.django_db
def test_secrets_are_sealed_anew_with_a_new_key_and_a_lost_one_is_left_alone(settings):
    settings.SECRET_KEY = OLD
    shop, other = make.make_channel(), make.make_channel()
    made = [signing_secrets.make_another(shop), signing_secrets.make_another(shop)]
    signing_secrets.make_another(other)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert signing_secrets.seal_anew() == 2
    assert signing_secrets.seal_anew() == 0
    settings.SECRET_KEY_FALLBACKS = []
    shop.refresh_from_db()
    assert signing_secrets.current(shop) == made[::-1]
    settings.SECRET_KEY = "x" * 50
    assert signing_secrets.seal_anew() == 0
    settings.SECRET_KEY = NEW
    assert signing_secrets.current(shop) == made[::-1]


@pytest.mark.django_db
def test_the_database_alone_tells_no_secret_and_a_copied_one_is_none():
    shop, other = make.make_channel(), make.make_channel()
    secret = signing_secrets.make_another(shop)
    row = Channel.objects.filter(pk=shop.pk).values().get()
    assert secret not in str(row)
    Channel.objects.filter(pk=other.pk).update(secret_1=row["secret_1"], secret_2=row["secret_1"])
    other.refresh_from_db()
    assert signing_secrets.current(other) == []
