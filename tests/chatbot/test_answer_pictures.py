"""Pictures in answers (B-1, X-10, X-11): made anew, at a path of ours, shown wherever the answer goes."""

import io
import uuid

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from apps.chatbot import pictures
from apps.chatbot.models import AnswerPicture
from apps.sessions import frames, personal, posting
from apps.sessions.authors import Author, customer_key, member_key
from apps.sessions.models import Message
from csdesk.errors import Invalid, TooLarge
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def png(size=(8, 6), colour="red") -> ContentFile:
    kept = io.BytesIO()
    Image.new("RGB", size, colour).save(kept, "PNG")
    return ContentFile(kept.getvalue() + b"<script>hidden</script>", name="a.png")


def test_a_picture_is_made_anew_and_kept_once(client):
    picture = pictures.keep(png())
    assert (picture.width, picture.height, picture.mime) == (8, 6, "image/png")
    assert pictures.keep(png()).pk == picture.pk
    assert AnswerPicture.objects.count() == 1
    answer = client.get(f"/pictures/answers/{picture.pk}/")
    assert answer.status_code == 200
    assert b"hidden" not in answer.content
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    # The component stands on the pages of others.
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a broken", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(Invalid):
        pictures.keep(ContentFile(content, name="a.png"))
    assert not AnswerPicture.objects.exists()


def test_one_that_is_too_large_is_not_even_read():
    large = ContentFile(b"x", name="a.png")
    large.size = pictures.MOST + 1
    with pytest.raises(TooLarge):
        pictures.keep(large)


def test_what_is_not_there_is_not_found(client):
    assert client.get(f"/pictures/answers/{uuid.uuid4()}/").status_code == 404
    picture = pictures.keep(png())
    picture.stored.delete(save=False)
    assert client.get(f"/pictures/answers/{picture.pk}/").status_code == 404


def test_customers_agents_and_records_see_it_at_its_own_path():
    session = make.make_session()
    path = f"/pictures/answers/{uuid.uuid4()}/"
    text = f"![plan]({path}) ![other](/pictures/answers/../../console/) ![login](/logout/)"
    data = {"customerServicePlugin": 0, "src": "30", "content": text}
    posted = posting.post(posting.Post(session.id, Author.bot("Bot"), "custom", {"data": data}, uuid.uuid4()))
    message = Message.objects.get(session_id=session.id, seq=posted.seq)
    for reader in (customer_key(session.customer_id), member_key(make.make_member().pk)):
        frame = personal.for_reader(frames.message_frame(message, for_desk=False), reader)
        assert frame["message"]["data"]["pictures"] == {path: path}
