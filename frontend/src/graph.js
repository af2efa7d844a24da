// The graph page, improved: opening things in place, dragging, zooming, going from thing to thing by keyboard.
//
// Without it the page is whole: lists, a picture made by the server, and links that open things in that picture. This
// script takes the first answer from the page, asks /graph.json for further ones, and keeps what is opened in the
// address, in the form the server reads, too. Every label goes in as text; nothing is written as HTML.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";

const SVG = "http://www.w3.org/2000/svg";
const MOST_FIRST = 40; // things of the first picture; of larger groups one stands for all
const MOST_OPENED = 8; // as many as the server opens
const still = matchMedia("(prefers-reduced-motion: reduce)");

const make = (name, attributes = {}, ...children) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const html = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text);

class Graph {
  constructor(frame, first) {
    this.frame = frame;
    this.words = first.words;
    this.step = first.step;
    this.things = new Map();
    this.links = new Map();
    this.answers = new Map([[first.this[0], first]]);
    this.opened = new Map(); // "iri key" → how many things of that relation are there
    this.number = new Intl.NumberFormat(document.documentElement.lang);
    this.size = 1;
    this.build();
    this.center = this.thing(first.this, undefined);
    this.center.large = true;
    const few = first.groups.reduce((sum, group) => sum + group.total, 0) <= MOST_FIRST;
    for (const group of first.groups) this.show(this.center, group, few || group.total <= 3 ? group.things.length : 0);
    // The picture takes the shape of its frame, so that labels, which keep their size, find room.
    const wide = this.svg.clientWidth > 560;
    this.letters = wide ? 20 : 13;
    if (!wide) this.names.setAttribute("display", "none"); // Relations stand in the lists, too; here is no room.
    this.simulation = forceSimulation([])
      .force("charge", forceManyBody().strength(wide ? -900 : -420).distanceMax(800))
      .force("x", forceX().strength(wide ? 0.04 : 0.16))
      .force("y", forceY().strength(wide ? 0.13 : 0.05))
      .force("collide", forceCollide(wide ? 58 : 44))
      .force("links", forceLink([]).id((thing) => thing.id).distance(wide ? 150 : 100).strength(0.4))
      .on("tick", () => this.place())
      .on("end", () => this.fit());
    this.draw(true);
    this.reopen();
  }

  // ---------------------------------------------------------------- the parts of the page

  build() {
    const { words } = this;
    this.lines = make("g");
    this.names = make("g");
    this.marks = make("g");
    this.world = make("g", {}, this.lines, this.names, this.marks);
    this.svg = make("svg", { class: "graph live", role: "group", height: "560" }, make("title"), this.world);
    this.panel = html("div", { class: "panel", role: "region", "aria-live": "polite", hidden: "" });
    const button = (text, sign, act) => {
      const made = html("button", { type: "button", class: "btn", "aria-label": text, title: text }, sign);
      made.addEventListener("click", act);
      return made;
    };
    const tools = html("div", { class: "tools noprint" },
      button(words.in, "+", () => this.scale(1.35)), button(words.out, "−", () => this.scale(1 / 1.35)),
      button(words.fit, "⤢", () => this.fit()));
    this.said = html("p", { class: "vh", role: "status" });
    const hint = html("p", { class: "note noprint" }, words.hint);
    const key = this.frame.querySelector(".key");
    const stage = html("div", { class: "stage" }, this.svg, tools, this.panel);
    this.frame.replaceChildren(html("div", { class: "view" }, stage, ...(key ? [key] : []), hint, this.said));
    this.zoom = zoom().scaleExtent([0.2, 4])
      .filter((event) => !event.ctrlKey && !event.button && (event.type !== "wheel" || event.altKey || event.metaKey)
        && !event.target.closest?.("a"))
      .on("zoom", (event) => {
        this.world.setAttribute("transform", event.transform);
        const size = Math.max(1, 1 / event.transform.k); // Things and words never get smaller than they are drawn.
        if (size !== this.size) {
          this.size = size;
          this.place();
        }
      });
    select(this.svg).call(this.zoom).on("dblclick.zoom", null);
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    const png = button(words.png, "PNG", () => this.png());
    png.setAttribute("aria-label", words.png);
    document.querySelector(".graph-files")?.append(html("li", {}, png));
    new ResizeObserver(() => this.fit(true)).observe(this.svg);
  }

  // ---------------------------------------------------------------- what is in the picture

  thing([id, label, href, hue, icon, kind], from) {
    let found = this.things.get(id);
    if (!found) {
      const angle = this.things.size * 2.39996; // the golden angle: the same picture each time, nothing on top
      const far = from ? 60 + 3 * this.things.size : 0;
      found = { id, label, href, hue, icon, kind, r: 13,
        x: (from?.x ?? 0) + far * Math.cos(angle), y: (from?.y ?? 0) + far * Math.sin(angle) };
      this.things.set(id, found);
    }
    return found;
  }

  show(from, group, number) {
    const shown = group.things.slice(0, number);
    for (const told of shown) this.link(from, this.thing(told, from), group);
    const left = group.total - Math.max(shown.length, this.count(from, group));
    const id = `${from.id} ${group.key}`;
    const rest = this.things.get(id);
    if (left > 0) {
      const [, , , hue, icon, kind] = group.things[0] ?? [];
      const many = rest ?? this.thing([id, group.label, "", hue ?? 0, icon ?? "ring", kind ?? ""], from);
      Object.assign(many, { many: left, of: from, group: group.key, r: 18 });
      this.link(from, many, group).many = true;
    } else if (rest) {
      this.things.delete(id);
      this.links.delete(`${from.id} ${id}`);
    }
  }

  count(from, group) {
    let number = 0;
    for (const link of this.links.values()) {
      if (link.groups.has(`${from.id} ${group.key}`) && !link.many) number += 1;
    }
    return number;
  }

  link(from, to, group) {
    const id = from.id < to.id ? `${from.id} ${to.id}` : `${to.id} ${from.id}`;
    const key = to.many || to.of ? `${from.id} ${to.id}` : id;
    const known = this.links.get(key) ?? { id: key, source: from, target: to, names: new Set(), groups: new Set() };
    known.names.add(group.label);
    known.groups.add(`${from.id} ${group.key}`);
    this.links.set(key, known);
    return known;
  }

  // ---------------------------------------------------------------- drawing

  draw(first = false) {
    const things = [...this.things.values()];
    const links = [...this.links.values()];
    const degree = new Map();
    for (const { source, target } of links) {
      for (const end of [source, target]) degree.set(end, (degree.get(end) ?? 0) + 1);
    }
    for (const thing of things) if (!thing.many) thing.r = thing.large || degree.get(thing) > 3 ? 17 : 13;
    select(this.lines).selectAll("line").data(links, (link) => link.id)
      .join((enter) => enter.append("line").attr("class", "e"));
    // The same relation on lines from one thing is named once.
    const named = new Set();
    const once = links.filter((link) => {
      link.name = [...link.names].join(", ");
      const hub = (degree.get(link.source) ?? 0) >= (degree.get(link.target) ?? 0) ? link.source : link.target;
      const id = `${hub.id} ${link.name}`;
      if (link.many || named.has(id)) return false;
      return named.add(id);
    });
    select(this.names).selectAll("text").data(once, (link) => link.id)
      .join("text").attr("class", "r").text((link) => cut(link.name, 28));
    const graph = this;
    select(this.marks).selectAll("a").data(things, (thing) => thing.id)
      .join((enter) => enter.append(() => make("a", { class: "node" }, make("title"), make("use"), make("text")))
        .each(function begin(thing) { graph.listen(this, thing); }))
      .each(function write(thing) { graph.write(this, thing); });
    this.svg.querySelector("title").textContent = this.words.picture.replace("%(num)s", this.number.format(things.length));
    this.simulation.nodes(things);
    this.simulation.force("links").links(links);
    this.simulation.alpha(first ? 1 : 0.6);
    if (first || still.matches) {
      this.simulation.stop().tick(260);
      this.place();
      this.fit();
    } else this.simulation.restart();
  }

  write(mark, thing) {
    const label = thing.many ? `${thing.label} (${this.number.format(thing.many)})` : thing.label;
    const [title, use, text] = mark.children;
    mark.setAttribute("href", thing.href || "#graph-data");
    mark.setAttribute("tabindex", thing === (this.at ?? this.center) ? "0" : "-1");
    title.textContent = thing.kind ? `${label}, ${thing.kind}` : label;
    use.setAttribute("href", `#i-${thing.icon}`);
    use.setAttribute("class", `hue-${thing.hue}`);
    for (const [name, value] of [["x", -thing.r], ["y", -thing.r], ["width", 2 * thing.r], ["height", 2 * thing.r]]) {
      use.setAttribute(name, value);
    }
    const rows = [""];
    for (const word of label.split(/\s+/)) {
      if (rows.at(-1) && rows.at(-1).length + word.length >= this.letters) rows.push("");
      rows[rows.length - 1] = `${rows.at(-1)} ${cut(word, this.letters + 4)}`.trim();
    }
    if (rows.length > 2) rows.splice(1, rows.length, cut(`${rows[1]} ${rows[2]}`, this.letters));
    text.replaceChildren(...rows.map((row, at) => {
      const line = make("tspan", { x: 0, y: thing.r + 15 + 15 * at });
      line.textContent = row;
      return line;
    }));
  }

  place() {
    const size = this.size > 1 ? ` scale(${this.size.toFixed(3)})` : "";
    select(this.marks).selectAll("a")
      .attr("transform", ({ x, y }) => `translate(${x.toFixed(1)},${y.toFixed(1)})${size}`);
    select(this.lines).selectAll("line")
      .attr("x1", ({ source }) => source.x.toFixed(1)).attr("y1", ({ source }) => source.y.toFixed(1))
      .attr("x2", ({ target }) => target.x.toFixed(1)).attr("y2", ({ target }) => target.y.toFixed(1));
    select(this.names).selectAll("text").attr("transform", ({ source, target }) =>
      `translate(${((source.x + target.x) / 2).toFixed(1)},${((source.y + target.y) / 2).toFixed(1)})${size}`);
  }

  fit(keep = false) {
    if (keep && this.fitted && Math.abs(this.fitted - this.svg.clientWidth) < 2) return;
    const { clientWidth: width, clientHeight: height } = this.svg;
    const things = [...(this.things?.values() ?? [])];
    if (!width || !things.length || things.some(({ x }) => x === undefined)) return;
    this.fitted = width;
    const xs = things.map(({ x }) => x), ys = things.map(({ y }) => y);
    const [left, right, top, foot] = [Math.min(...xs) - 75, Math.max(...xs) + 75, Math.min(...ys) - 30, Math.max(...ys) + 55];
    const by = Math.min(1.15, width / (right - left), height / (foot - top));
    const to = zoomIdentity.translate(width / 2 - by * (left + right) / 2, height / 2 - by * (top + foot) / 2).scale(by);
    select(this.svg).call(this.zoom.transform, to);
  }

  scale(by) {
    select(this.svg).call(this.zoom.scaleBy, by);
  }

  // ---------------------------------------------------------------- hands

  listen(mark, thing) {
    mark.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      if (!thing.dragged) this.open(thing);
    });
    mark.addEventListener("focus", () => this.stand(thing));
    mark.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      thing.dragged = false;
      mark.setPointerCapture(event.pointerId);
      const start = [event.clientX, event.clientY];
      const move = (moved) => {
        if (Math.hypot(moved.clientX - start[0], moved.clientY - start[1]) > 4) thing.dragged = true;
        if (!thing.dragged) return;
        const point = new DOMPoint(moved.clientX, moved.clientY).matrixTransform(this.world.getScreenCTM().inverse());
        [thing.fx, thing.fy] = [point.x, point.y];
        if (still.matches) {
          [thing.x, thing.y] = [point.x, point.y];
          this.place();
        } else this.simulation.alphaTarget(0.25).restart();
      };
      const end = () => {
        mark.removeEventListener("pointermove", move);
        this.simulation.alphaTarget(0);
        [thing.fx, thing.fy] = [undefined, undefined];
      };
      mark.addEventListener("pointermove", move);
      mark.addEventListener("pointerup", end, { once: true });
      mark.addEventListener("pointercancel", end, { once: true });
    });
    mark.addEventListener("dragstart", (event) => event.preventDefault());
  }

  mark(thing) {
    return [...this.marks.children].find((one) => one.__data__ === thing);
  }

  stand(thing) {
    this.at = thing;
    for (const one of this.marks.children) one.setAttribute("tabindex", one.__data__ === thing ? "0" : "-1");
  }

  key(event) {
    if (event.key === "Escape") return this.close();
    if (event.key === "+" || event.key === "-") return this.scale(event.key === "+" ? 1.35 : 1 / 1.35);
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const here = event.target.closest?.("a")?.__data__;
    if (!way || !here) return undefined;
    event.preventDefault();
    // The nearest thing in that direction: what lies aside counts as further off.
    let best, least = Infinity;
    for (const thing of this.things.values()) {
      const along = (thing.x - here.x) * way[0] + (thing.y - here.y) * way[1];
      const aside = Math.abs((thing.x - here.x) * way[1]) + Math.abs((thing.y - here.y) * way[0]);
      if (thing !== here && along > 1 && along + 2 * aside < least) [best, least] = [thing, along + 2 * aside];
    }
    if (best) this.mark(best)?.focus();
    return undefined;
  }

  // ---------------------------------------------------------------- opening

  async ask(id, key, from) {
    const known = this.answers.get(id);
    if (key === undefined && known) return known;
    const query = new URLSearchParams({ about: id });
    if (key !== undefined) {
      query.set("relation", key);
      query.set("from", from);
    }
    const answer = await fetch(`/${this.frame.dataset.graph}/graph.json?${query}`);
    if (!answer.ok) throw new Error(String(answer.status));
    const told = await answer.json();
    if (key === undefined) this.answers.set(id, told);
    return told;
  }

  async open(thing) {
    const owner = thing.many ? thing.of : thing;
    this.stand(thing);
    this.panel.hidden = false;
    this.panel.replaceChildren(html("p", { class: "note" }, "…"));
    try {
      const told = await this.ask(owner.id);
      if (this.at === thing) this.offer(thing, owner, told);
    } catch {
      this.panel.replaceChildren(html("p", {}, this.words.failed), this.button(this.words.close, () => this.close()));
    }
  }

  button(text, act, look = "btn") {
    const made = html("button", { type: "button", class: look }, text);
    made.addEventListener("click", act);
    return made;
  }

  offer(thing, owner, told) {
    const heading = html("h3", { tabindex: "-1" }, cut(owner.label, 120));
    const list = html("ul", { class: "plain" });
    for (const group of told.groups) {
      if (thing.many && group.key !== thing.group) continue;
      const here = this.count(owner, group);
      const left = group.total - here;
      const text = html("span", {}, `${group.label}: ${this.number.format(group.total)}`);
      const add = left > 0
        ? this.button(this.words.add.replace("%(num)s", this.number.format(Math.min(left, this.step))),
          () => this.add(owner, group, thing))
        : html("span", { class: "note" }, this.words.all);
      if (left > 0) add.setAttribute("aria-label", `${add.textContent}: ${group.label}`);
      list.append(html("li", {}, text, add));
    }
    const end = html("p", { class: "btns" });
    if (owner.href) end.append(html("a", { class: "btn p", href: owner.href }, this.words.open));
    if ([...this.opened.keys()].some((key) => key.startsWith(`${owner.id} `))) {
      end.append(this.button(this.words.remove, () => this.forget(owner)));
    }
    end.append(this.button(this.words.close, () => this.close()));
    this.panel.replaceChildren(heading, list.children.length ? list : html("p", { class: "note" }, this.words.none), end);
    this.panel.setAttribute("aria-label", owner.label);
    heading.focus();
  }

  async add(owner, group, thing) {
    const from = this.opened.get(`${owner.id} ${group.key}`) ?? 0;
    let part = group;
    try {
      if (from > 0) [part] = (await this.ask(owner.id, group.key, from)).groups;
    } catch {
      this.said.textContent = this.words.failed;
      return;
    }
    const before = this.things.size;
    this.show(owner, part, this.step);
    this.opened.set(`${owner.id} ${group.key}`, from + this.step);
    this.keep();
    this.draw();
    this.said.textContent = this.words.added.replace("%(num)s", String(Math.max(0, this.things.size - before)));
    const here = this.things.get(thing.id) ?? owner;
    this.at = here;
    this.offer(here, here.many ? here.of : here, await this.ask(owner.id));
  }

  forget(owner) {
    for (const key of [...this.opened.keys()]) if (key.startsWith(`${owner.id} `)) this.opened.delete(key);
    this.keep();
    location.reload();
  }

  close() {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.mark(this.at)?.focus();
  }

  // ---------------------------------------------------------------- the address

  keep() {
    const address = new URL(location.href);
    address.searchParams.delete("open");
    for (const [key, number] of [...this.opened].slice(-MOST_OPENED)) address.searchParams.append("open", `${key} ${number}`);
    history.replaceState(null, "", address);
    for (const link of document.querySelectorAll(".graph-files a[href*='.svg']")) {
      const file = new URL(link.href);
      file.searchParams.delete("open");
      for (const text of address.searchParams.getAll("open")) file.searchParams.append("open", text);
      link.href = file;
    }
  }

  async reopen() {
    for (const text of new URL(location.href).searchParams.getAll("open").slice(0, MOST_OPENED)) {
      const [id, ...rest] = text.split(" ");
      const number = rest.length > 1 ? Number(rest.at(-1)) || this.step : this.step;
      const wanted = rest.length > 1 ? rest.slice(0, -1).join(" ") : rest[0];
      try {
        const told = await this.ask(id);
        const owner = this.thing(told.this, this.center);
        for (const group of told.groups) {
          if (wanted && group.key !== wanted) continue;
          const most = Math.min(number, 8 * this.step);
          for (let from = 0; from < Math.min(most, group.total); from += this.step) {
            const part = from ? (await this.ask(id, group.key, from)).groups[0] : group;
            this.show(owner, part, this.step);
          }
          this.opened.set(`${id} ${group.key}`, Math.ceil(most / this.step) * this.step);
        }
      } catch {
        this.said.textContent = this.words.failed;
      }
      this.draw(true);
    }
  }

  // ---------------------------------------------------------------- a picture to take along

  png() {
    const { clientWidth: width, clientHeight: height } = this.svg;
    const copy = this.svg.cloneNode(true);
    const looks = ["fill", "stroke", "stroke-width", "font-size", "font-family", "font-style", "font-weight", "text-anchor", "paint-order", "stroke-linejoin", "color"];
    const [from, to] = [[...this.svg.querySelectorAll("*")], [...copy.querySelectorAll("*")]];
    for (const [at, one] of from.entries()) {
      const style = getComputedStyle(one);
      for (const look of looks) to[at].setAttribute(look, style.getPropertyValue(look));
    }
    for (const symbol of document.querySelectorAll("symbol")) copy.prepend(symbol.cloneNode(true));
    const paper = getComputedStyle(this.frame.closest(".card") ?? document.body).backgroundColor;
    for (const [name, value] of [["xmlns", SVG], ["width", width], ["height", height]]) copy.setAttribute(name, value);
    const image = new Image();
    image.onload = () => {
      const canvas = html("canvas", { width: 2 * width, height: 2 * height });
      const brush = canvas.getContext("2d");
      brush.scale(2, 2);
      brush.fillStyle = paper;
      brush.fillRect(0, 0, width, height);
      brush.drawImage(image, 0, 0);
      html("a", { href: canvas.toDataURL("image/png"), download: "graph.png" }).click();
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  }
}

const frame = document.querySelector("[data-graph]");
const data = document.getElementById("graph-data");
if (frame && data) {
  try {
    new Graph(frame, JSON.parse(data.textContent));
  } catch (error) {
    console.error(error);
  }
}
