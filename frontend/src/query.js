// The page of queries: an editor in place of the text field, and answers without a new page.
//
// Everything here is a convenience: the form, the links and the answer are the server's, and work without it. The
// editor stands in a shadow tree, where CodeMirror may adopt its style sheets under style-src 'self'. Nothing is asked
// of another server; what is offered while one writes comes from terms.json.

import { autocompletion, closeCompletion, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentService, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";
import { depthOf, offer, readTerms } from "./query/offers.mjs";

const form = document.getElementById("ask");
const field = document.getElementById("query");
const words = JSON.parse(form.dataset.words);

// ------------------------------------------------------------------ the editor

const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", fontSize: "inherit" },
  "&.cm-focused": { outline: "none" }, // the frame around it shows the focus
  ".cm-scroller": { fontFamily: "inherit", lineHeight: "inherit", maxHeight: "min(40rem, 75vh)", minHeight: "13rem" },
  ".cm-content": { caretColor: "var(--ink)", padding: ".5rem 0" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "0", paddingLeft: ".35rem" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--sunken) 55%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--mark) !important",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { color: "var(--bad)" },
  ".cm-wrong": { textDecoration: "underline wavy var(--bad) 2px", textUnderlineOffset: ".2em", backgroundColor: "var(--bad-soft)" },
  ".cm-wrongLine": { boxShadow: "inset 4px 0 0 var(--bad)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)", color: "var(--ink)", border: "1px solid var(--edge)", borderRadius: "8px",
    boxShadow: "0 12px 32px rgb(0 0 0/.18)", maxWidth: "calc(100vw - 2rem)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    // So few at a time that nothing has to scroll: a list that does would have to be a stop of its own.
    fontFamily: "inherit", fontSize: ".9rem", maxHeight: "none", overflow: "visible", minWidth: "min(18rem, calc(100vw - 3rem))",
    maxWidth: "min(46rem, calc(100vw - 3rem))",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: ".25rem .6rem", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--accent-ink)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": { fontStyle: "normal", marginLeft: ".8rem", color: "var(--muted)", fontFamily: "var(--sans)" },
  ".cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail": { color: "inherit" },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--link)", fontWeight: "650" },
  { tag: tags.variableName, color: "var(--hue-2)" },
  { tag: [tags.string, tags.annotation], color: "var(--ok)" },
  { tag: [tags.integer, tags.float, tags.bool], color: "var(--hue-5)" },
  { tag: [tags.namespace, tags.url, tags.typeName], color: "var(--hue-3)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
]);

// Where the server could not go on: its line, and what begins at its column. The first change takes the mark away.
const setWrong = StateEffect.define();
const wrong = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    if (change.docChanged) return Decoration.none;
    for (const effect of change.effects) if (effect.is(setWrong)) return effect.value;
    return marks;
  },
  provide: (self) => EditorView.decorations.from(self),
});

// A column of the server counts characters, one of the editor counts UTF-16 units.
function placeOf(state, line, column) {
  const found = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  const before = [...found.text].slice(0, column - 1).join("").length;
  const at = Math.min(found.from + before, found.to);
  const rest = state.doc.sliceString(at, found.to);
  const length = (/^[\p{L}\p{N}_?$:<>"'-]+|^./u.exec(rest) ?? [""])[0].length;
  return { line: found, at, to: at + length };
}

function showMistake() {
  const told = document.getElementById("mistake");
  const { line, column } = told?.dataset ?? {};
  if (!line) {
    editor.dispatch({ effects: setWrong.of(Decoration.none) });
    return;
  }
  const place = placeOf(editor.state, Number(line), Number(column));
  const marks = [Decoration.line({ class: "cm-wrongLine" }).range(place.line.from)];
  if (place.to > place.at) {
    marks.push(Decoration.mark({ class: "cm-wrong", attributes: { title: words.wrong } }).range(place.at, place.to));
  }
  editor.dispatch({
    effects: setWrong.of(Decoration.set(marks)),
    selection: { anchor: place.at },
    scrollIntoView: true,
  });
}

let terms;
const known = fetch(form.dataset.terms)
  .then((answer) => (answer.ok ? answer.json() : undefined))
  .then((told) => (terms = told && readTerms(told)))
  .catch(() => undefined);

async function complete(context) {
  await known;
  return terms ? offer(context, terms, words) : null;
}

const frame = document.createElement("div");
frame.className = "editor";
const shadow = frame.attachShadow({ mode: "open" });
field.before(frame);
// The field stays, out of sight: it is what the form sends, and what others may fill in – the browser that restores a
// page, an extension, a test. It is no stop for the keyboard and is not read aloud.
field.classList.add("vh");
field.tabIndex = -1;
field.setAttribute("aria-hidden", "true");
field.required = false; // where nobody sees it, it could not say that it is empty; the server does

const editor = new EditorView({
  root: shadow,
  parent: shadow,
  state: EditorState.create({
    doc: field.value,
    extensions: [
      Prec.highest(
        keymap.of([
          { key: "Mod-Enter", run: () => (form.requestSubmit(), true) },
          { key: "Escape", run: (view) => closeCompletion(view) || callOff() },
        ]),
      ),
      // Tab leaves the editor, with the list open too: nobody is caught in it.
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      bracketMatching(),
      indentService.of(({ state }, at) => 2 * depthOf(state.sliceDoc(0, at), state.doc.lineAt(at).text)),
      EditorView.lineWrapping,
      EditorState.phrases.of({ Completions: words.offers }),
      autocompletion({ override: [complete], icons: false, maxRenderedOptions: 9 }),
      keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      sparql(),
      syntaxHighlighting(colours),
      look,
      wrong,
      // Where a browser types over coloured words it keeps their colour with a style of its own, which the policy of the
      // page forbids. So what is typed over a selection is put in here.
      EditorView.domEventHandlers({
        beforeinput(event, view) {
          const over = !view.composing && event.inputType === "insertText" && event.data && !view.state.selection.main.empty;
          if (!over) return false;
          event.preventDefault();
          view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
          return true;
        },
      }),
      EditorView.contentAttributes.of({ "aria-label": words.editor, spellcheck: "false", autocapitalize: "off" }),
      EditorView.updateListener.of((change) => {
        const text = change.state.doc.toString();
        if (change.docChanged && field.value !== text) field.value = text;
      }),
    ],
  }),
});
document.querySelector('label[for="query"]').addEventListener("click", (event) => {
  event.preventDefault();
  editor.focus();
});
function takeField() {
  const doc = editor.state.doc.toString();
  if (field.value !== doc) editor.dispatch({ changes: { from: 0, to: doc.length, insert: field.value } });
}
field.addEventListener("input", takeField);
window.addEventListener("pageshow", takeField);

// ------------------------------------------------------------------ running in place

const result = document.getElementById("result");
const running = document.createElement("div");
running.id = "running";
running.setAttribute("role", "status");
form.querySelector(".btns").after(running);
const LONGEST_ADDRESS = 8000;
let current;
const here = () => window.location.pathname + window.location.search;
let shownAt = here();

function remember(address) {
  window.history.pushState(null, "", address);
  shownAt = here();
}

function say(text) {
  running.replaceChildren(text);
}

function callOff() {
  if (!current) return false;
  current.abort();
  return true;
}

// While a query runs: how long already, and a button to call it off. The seconds are not read aloud each time.
function watch() {
  const began = performance.now();
  const seconds = document.createElement("span");
  seconds.setAttribute("aria-hidden", "true");
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "btn";
  cancel.textContent = words.cancel;
  cancel.addEventListener("click", () => {
    callOff();
    editor.focus();
  });
  running.replaceChildren(words.running, seconds, cancel);
  const clock = setInterval(() => {
    seconds.textContent = words.seconds.replace("#", Math.floor((performance.now() - began) / 1000));
  }, 1000);
  return () => clearInterval(clock);
}

// Takes over from an answer's page what belongs to the answer; the editor, and what is written in it, stay.
function show(page) {
  for (const sheet of page.querySelectorAll('link[rel="stylesheet"]')) {
    if (!document.head.querySelector(`link[href="${CSS.escape(sheet.getAttribute("href"))}"]`)) document.head.append(sheet);
  }
  for (const name of ["told", "result"]) {
    document.getElementById(name).replaceChildren(...page.getElementById(name).childNodes);
  }
  const twins = page.querySelector(".lang");
  if (twins) document.querySelector(".lang")?.replaceWith(twins);
  improve();
}

async function run(address, request = {}) {
  current?.abort();
  const mine = (current = new AbortController());
  const done = watch();
  result.setAttribute("aria-busy", "true");
  let told = "";
  try {
    const answer = await fetch(address, { ...request, signal: mine.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("result")) throw new Error(`no page of queries: ${answer.status}`);
    show(page);
    told = document.getElementById("summary")?.textContent ?? "";
    showMistake();
    return true;
  } catch (error) {
    told = error.name === "AbortError" ? words.cancelled : words.failed;
    return false;
  } finally {
    done();
    if (current === mine) {
      current = undefined;
      result.removeAttribute("aria-busy");
      say(told);
    }
  }
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (button?.formMethod === "post" && button.hasAttribute("formaction")) return; // the short address: a page of its own
  event.preventDefault();
  const asked = new URLSearchParams({ query: editor.state.doc.toString() });
  if (button?.name) asked.set(button.name, button.value);
  const address = `${form.getAttribute("action")}?${asked}`;
  if (address.length > LONGEST_ADDRESS) {
    await run(form.getAttribute("action"), { method: "POST", body: asked });
  } else if (await run(address)) {
    remember(address);
  }
});

// Views and orders of the answer are links: they are followed in place, too.
result.addEventListener("click", async (event) => {
  const link = event.target.closest(".tabs a, a.sort");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const address = link.getAttribute("href");
  const name = link.textContent;
  if (address.length > LONGEST_ADDRESS || !(await run(address))) {
    if (address.length > LONGEST_ADDRESS) window.location.assign(address);
    return;
  }
  remember(address);
  for (const one of result.querySelectorAll(".tabs a, a.sort")) if (one.textContent === name) one.focus();
});

// Back and forward lead to the server's own page; a mere place on the page (#k1) is none.
window.addEventListener("popstate", () => {
  if (here() !== shownAt) window.location.reload();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && current && !completionStatus(editor.state)) callOff();
});

// ------------------------------------------------------------------ small things

const keys = document.getElementById("keys");
keys.hidden = false;
keys.closest("section").addEventListener("keydown", (event) => {
  // Where a question mark is written, it is one.
  if (event.key !== "?" || event.target === frame || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
  event.preventDefault();
  keys.open = !keys.open;
  keys.querySelector("summary").focus();
});

// The server's address is only known here: what comes from a request never names it.
function improve() {
  for (const place of document.querySelectorAll("[data-server]")) {
    const whole = place.dataset.server === "before" ? place.getAttribute("href") : "";
    place.textContent = window.location.origin + whole;
  }
  for (const note of document.querySelectorAll("p.server")) note.hidden = true;
  for (const text of document.querySelectorAll("#result pre.code, #told .short")) {
    if (text.nextElementSibling?.classList.contains("copied") || !navigator.clipboard) continue;
    const line = document.createElement("p");
    line.className = "copied";
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      const source = text.querySelector('a[data-server="before"]') ?? text;
      await navigator.clipboard.writeText(source.textContent);
      say(words.copied);
    });
    line.append(button);
    text.after(line);
  }
}

improve();
showMistake();
