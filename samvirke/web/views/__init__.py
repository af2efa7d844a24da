"""Rows as pictures: timeline, map and graph, each the second view of a table on the same page.

Duty: `timeline_of`, `map_of` and `graph_of` turn rows into SVG with links inside; what is left out is said and counted
under the picture. Level 7 (web). Must not read the store. A page with one of them names `SHEET` among its sheets.
No viewBox but for outlines: x is a percentage of the width, y and text are pixels, so that text keeps its size.
Source: https://www.w3.org/TR/SVG2/coords.html#Units
"""

from __future__ import annotations

from samvirke.web.views.graph import graph_of
from samvirke.web.views.map import map_of
from samvirke.web.views.timeline import timeline_of
from samvirke.web.views.values import Dated, Edge, Node, Placed

__all__ = ["SHEET", "Dated", "Edge", "Node", "Placed", "graph_of", "map_of", "timeline_of"]

SHEET = "views.css"
"""The style sheet that pages with pictures need besides their own."""
