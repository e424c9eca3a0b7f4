"""The picture of a channel's service account: uploaded, made anew, served by us (V-3, X-10, X-11)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.chatbot import pictures
from csdesk.errors import DomainError


class AvatarInput(forms.Widget):
    """A file beside the address of the picture that is there, and a way to have none."""

    template_name = "console/avatar_input.html"
    needs_multipart_form = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        if files.get(f"{name}_file"):
            return files[f"{name}_file"]
        return "" if data.get(f"{name}_clear") else data.get(name, "")

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not {name, f"{name}_clear"} & set(data) and f"{name}_file" not in files

    def format_value(self, value: Any) -> str:
        return value if isinstance(value, str) else ""

    def use_required_attribute(self, initial: Any) -> bool:
        return False


class AvatarField(forms.CharField):
    """An address on this server; of an uploaded picture, the one it is kept at.

    Nothing from elsewhere is shown to customers (X-11).
    """

    widget = AvatarInput

    def to_python(self, value: Any) -> str:
        if isinstance(value, UploadedFile):
            return kept(value)
        address = super().to_python(value)
        if address and (not address.startswith("/") or address.startswith("//") or "\\" in address):
            raise forms.ValidationError(_("Only a picture on this server: the address starts with one /."))
        return address


def kept(file: UploadedFile) -> str:
    """The address of the picture, made anew; ValidationError for what is none or too large."""
    try:
        return reverse("answer_picture", args=[pictures.keep(file).pk])
    except DomainError as error:
        raise forms.ValidationError(error.detail) from None
