// The graph page: what the pictures of views/ can do with script. Without it the page is whole.

import { forceCenter, forceCollide, forceLink, forceManyBody, forceSimulation } from "d3-force";
import { select } from "d3-selection";
import { zoom } from "d3-zoom";

for (const figure of document.querySelectorAll("[data-graph]")) {
  const picture = select(figure);
  picture.call(zoom());
  forceSimulation([]).force("link", forceLink([])).force("charge", forceManyBody()).force("collide", forceCollide())
    .force("center", forceCenter());
}
