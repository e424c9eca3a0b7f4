"""Words that are not marked for translation are found before anybody reads them (Q-8)."""

from pathlib import Path

import pytest
from django.conf import settings

from csdesk import untranslated


def test_all_words_of_the_faces_can_be_translated():
    assert untranslated.problems(settings.BASE_DIR) == []


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("<p>Plain words</p>", ["Plain words"]),
        ('<button title="Close it" aria-label="{% translate \'Close\' %}"></button>', ["Close it"]),
        ('<input placeholder="Search">', ["Search"]),
        ('<p>{% translate "Fine" %} · csdesk</p>', []),
        ("{% blocktranslate %}Fine <b>too</b>{% endblocktranslate %}", []),
        ('{# a note #}{% comment %}Old words{% endcomment %}<script>const Word = "Here";</script>', []),
        ('<{% if framed %}section{% else %}main{% endif %} class="window"></section>', []),
        ("{% block bodyclass %}change-list{% endblock %}", []),
    ],
)
def test_a_templates_bare_words_are_found(template: str, expected: list[str]):
    assert untranslated.template_words(template) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('tell("No connection now");', ["No connection now"]),
        ("box.textContent = `Something went ${how}`;", ["Something went ${how}"]),
        ('throw new Error("This is for programmers");', []),
        ("// A comment of words\n/* And Another one */", []),
        ('say("error_offline"); el("p", {class: "Upper-case x"}); open("https://a.example/B c");', []),
    ],
)
def test_a_scripts_bare_sentences_are_found(script: str, expected: list[str]):
    assert untranslated.script_words(script) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('raise WrongState("Too late")', [(1, "Too late")]),
        ('CharField(label="Name")', [(1, "Name")]),
        ('class A:\n    verbose_name = "thing"', [(2, "thing")]),
        ('messages.success(request, "Saved")', [(1, "Saved")]),
        ('raise WrongState(_("Too late")); CharField(label=_("Name")); log.info("all is well")', []),
    ],
)
def test_pythons_bare_words_for_people_are_found(source: str, expected: list[tuple[int, str]]):
    assert untranslated.python_words(source) == expected


def test_places_are_named(tmp_path: Path):
    (tmp_path / "templates/shop").mkdir(parents=True)
    (tmp_path / "templates/shop/page.html").write_text("<h1>Open all day</h1>")
    assert untranslated.problems(tmp_path) == [
        "templates/shop/page.html: not translatable: 'Open all day'",
    ]
