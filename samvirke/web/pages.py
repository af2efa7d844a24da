"""The reading pages: which address shows which page.

Duty: one route line per page. Level 7 (web). The views stand in the rooms named after what they
show; nothing here decides what a page holds.
"""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from samvirke.web import (
    browse,
    document_pages,
    entity_pages,
    exports,
    list_pages,
    ontology_pages,
    report_pages,
    search_pages,
    site_pages,
)

blueprint = Blueprint("pages", __name__)

blueprint.add_url_rule("/<language:lang>/", view_func=list_pages.home)
blueprint.add_url_rule("/<language:lang>/class/<path:name>", view_func=browse.class_list)
blueprint.add_url_rule("/<language:lang>/class/<path:name>.<any(csv,xlsx,json):form>", view_func=exports.export)
blueprint.add_url_rule("/<language:lang>/search", view_func=search_pages.search)
blueprint.add_url_rule("/<language:lang>/id/<path:name>", view_func=entity_pages.entity)
blueprint.add_url_rule("/<language:lang>/documents", view_func=document_pages.documents)
blueprint.add_url_rule("/<language:lang>/document/<path:name>", view_func=document_pages.document)
blueprint.add_url_rule("/<language:lang>/validation", view_func=report_pages.validation)
blueprint.add_url_rule("/<language:lang>/ontology", view_func=ontology_pages.ontology)
blueprint.add_url_rule("/<language:lang>/rule/<path:name>", view_func=report_pages.rule)
blueprint.add_url_rule("/<language:lang>/data", view_func=site_pages.dataset)
blueprint.add_url_rule("/<language:lang>/about", view_func=site_pages.about)
blueprint.add_url_rule("/<language:lang>/api", view_func=site_pages.api)
blueprint.add_url_rule("/<language:lang>/accessibility", view_func=site_pages.accessibility)


@blueprint.get("/<language:lang>/thing")
def thing(lang: str) -> str | Response:
    """Show a thing whose address lies elsewhere: it is named in the query."""
    return entity_pages.entity_elsewhere(lang, request.args.get("address", ""))


@blueprint.get("/<language:lang>/<path:local>")
def anything(lang: str, local: str) -> str | Response:
    """Show a thing that lies below the base and not below `id/`."""
    return entity_pages.entity_at(lang, local)
