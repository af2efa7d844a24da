"""What is offered while a query is written: the loaded data's own terms, with names and numbers."""

from __future__ import annotations

from dataclasses import replace

from samvirke.web import completion

LIGHTS = "https://fyr.example/atlas/lights#"


def test_terms_have_names_in_the_pages_language_and_numbers(client):
    danish, english = (client.get(f"/{lang}/sparql/terms.json") for lang in ("da", "en"))

    assert danish.content_type == "application/json; charset=utf-8"
    assert danish.json["prefixes"]["l"] == LIGHTS
    assert [f"{LIGHTS}Light", "Fyr"] in [one[:2] for one in danish.json["classes"]]
    assert [f"{LIGHTS}keeper", "keeper", 3] in english.json["properties"]
    numbers = [count for _, _, count in english.json["properties"]]
    assert numbers == sorted(numbers, reverse=True)


def test_they_are_kept_by_their_tag(client):
    first = client.get("/en/sparql/terms.json")
    again = client.get("/en/sparql/terms.json", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert first.headers["Cache-Control"] == "public, no-cache"


def test_any_number_of_terms_is_bounded_by_number_and_by_bytes(app):
    publication = app.extensions["samvirke"].newest()
    hint = next(iter(publication.schema.properties.values()))
    many = {f"https://many.example/{i:06d}/{'æ' * 50}": hint for i in range(5_000)}
    schema = replace(publication.schema, properties=many)
    told = completion.terms(replace(publication, schema=schema, _answers={}), "en")
    import json

    assert 100 < len(told["properties"]) <= completion.MOST_TERMS
    assert len(json.dumps(told, ensure_ascii=False).encode()) <= completion.MOST_BYTES
