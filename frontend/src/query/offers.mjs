// What could stand where the cursor is: classes after `a`, properties between subject and object, prefixes where none
// is written yet, variables of the query, keywords. A term that is taken brings its PREFIX line along.
//
// Pure: no document, no network. The text around the cursor is looked at token by token, as far as it is needed, because
// a query that is being written does not parse.

const TOKEN =
  /("""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?)|(#[^\n]*)|(<[^<>"{}|^`\\\s]*>?)|([?$][\p{L}\p{N}_]*)|((?:[\p{L}][\p{L}\p{N}_.-]*)?:[\p{L}\p{N}_.%:-]*)|([\p{L}_][\p{L}\p{N}_-]*)|(\^\^|[{}()[\].;,|/^*+!=&@-]|\d+(?:\.\d+)?)/gu;
const KINDS = [undefined, "text", "comment", "iri", "variable", "name", "word", "mark"];
const WORD = /[?$]?[\p{L}\p{N}_.:%-]*$/u;
const KEYWORDS = [
  "SELECT", "DISTINCT", "WHERE", "FILTER", "OPTIONAL", "UNION", "GRAPH", "BIND", "VALUES", "MINUS", "GROUP BY",
  "ORDER BY", "LIMIT", "OFFSET", "COUNT", "ASK", "CONSTRUCT", "DESCRIBE", "PREFIX", "NOT EXISTS", "LANG", "STR", "CONTAINS",
];
const VERBS = /^(select|ask|construct|describe)$/i;
const MOST = 300;
const USED = 40; // how far a term's use can raise it in the list

export function tokens(text) {
  const found = [];
  for (const match of text.matchAll(TOKEN)) {
    const kind = KINDS.findIndex((name, number) => name && match[number] !== undefined);
    if (KINDS[kind] !== "comment") found.push({ kind: KINDS[kind], text: match[0], at: match.index });
  }
  return found;
}

// Terms as they are written: by the longest namespace that leaves a name which needs no escape.
export function readTerms(told) {
  const spaces = Object.entries(told.prefixes).sort((one, other) => other[1].length - one[1].length);
  const written = (iri) => {
    for (const [prefix, space] of spaces) {
      const local = iri.slice(space.length);
      if (iri.startsWith(space) && /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_-])?$/u.test(local)) {
        return { text: `${prefix}:${local}`, prefix, space };
      }
    }
    return { text: `<${iri}>` };
  };
  const read = ([iri, label, count]) => ({ iri, label, count, ...written(iri) });
  return { prefixes: told.prefixes, classes: told.classes.map(read), properties: told.properties.map(read) };
}

// Where the cursor is: "class", "property", "value", "none" (within a text, an address or a number) or "other".
export function placeOf(before) {
  const found = tokens(before);
  const last = found.at(-1);
  const open = /[\p{L}\p{N}_:?$.-]$/u.test(before) && last && last.at + last.text.length === before.length;
  if (/#[^\n]*$/.test(before.slice(last ? last.at + (last.kind === "iri" ? last.text.length : 0) : 0))) return "none";
  if (last && open && (last.kind === "text" || (last.kind === "iri" && !last.text.endsWith(">")))) return "none";
  if (last && (last.kind === "text" && !/^(["'])[^]*\1$/.test(last.text))) return "none";
  const passed = open && last.kind !== "mark" ? found.slice(0, -1) : found;
  let braces = 0;
  let positions = 0; // how many terms of the triple are written: subject, property, value
  let path = false;
  let predicate;
  let parentheses = 0;
  for (const { kind, text } of passed) {
    if (text === "(") parentheses += 1;
    else if (text === ")") {
      parentheses = Math.max(0, parentheses - 1);
      if (!parentheses && positions === 1 && path) [positions, path] = [2, false];
      else if (!parentheses) path = false;
    } else if (kind === "mark" && text === "{") [braces, positions, path] = [braces + 1, 0, false];
    else if (kind === "mark" && text === "}") [braces, positions, path] = [braces - 1, 0, false];
    else if (text === ".") [positions, path] = [0, false];
    else if (text === ";") [positions, path] = [1, false];
    else if (text === ",") [positions, path] = [2, false];
    else if (text === "[") [positions, path] = [1, false];
    else if (text === "]") positions = 1;
    else if (/^[/|^]$/.test(text) && (positions === 1 || positions === 2)) [positions, path] = [1, true];
    else if (/^(filter|optional|union|minus|graph|service|bind|values|where|exists|not)$/i.test(text)) [positions, path] = [/^graph$/i.test(text) ? -1 : 0, false];
    else if (parentheses && positions !== 1) continue;
    else if (kind === "variable" || kind === "name" || kind === "iri" || (kind === "word" && (text === "a" || braces))) {
      positions += 1;
      if (positions === 2) predicate = text;
    } else if (kind === "text") positions += 1;
  }
  if (!braces) return "other";
  if (positions === 1) return "property";
  if (positions === 2) return /^(a|rdf:type|<http:\/\/www\.w3\.org\/1999\/02\/22-rdf-syntax-ns#type>)$/.test(predicate) ? "class" : "value";
  return "other";
}

// How many groups are open where a line begins; one that closes its group stands where the group began.
export function depthOf(before, line) {
  let depth = 0;
  for (const { text } of tokens(before)) depth += (text === "{") - (text === "}");
  return Math.max(0, depth - /^\s*\}/.test(line));
}

function declared(text) {
  const found = new Map();
  for (const [, prefix, space] of text.matchAll(/\bPREFIX\s+([^\s:]*):\s*<([^>\s]*)>/giu)) found.set(prefix, space);
  return found;
}

// Where a PREFIX line goes: behind those there are, else before the query's verb or whatever comes first.
function startOf(text) {
  let at = 0;
  for (const match of text.matchAll(/^[ \t]*(?:PREFIX|BASE)\s[^\n]*\n?/gim)) at = match.index + match[0].length;
  if (at) return at;
  const verb = tokens(text).find((token) => token.kind === "word" && VERBS.test(token.text));
  return verb ? text.lastIndexOf("\n", verb.at - 1) + 1 : 0;
}

// Puts a term in, and its PREFIX line where it is missing. A prefix that the query uses for something else is left
// alone: the term is written in full then.
function taking(term) {
  return (view, _completion, from, to) => {
    const text = view.state.doc.toString();
    const prefixes = declared(text);
    const changes = [];
    let insert = term.text;
    if (term.prefix !== undefined && term.iri && prefixes.has(term.prefix) && prefixes.get(term.prefix) !== term.space) {
      insert = `<${term.iri}>`;
    } else if (term.prefix !== undefined && !prefixes.has(term.prefix)) {
      const at = Math.min(startOf(text), from);
      const line = `PREFIX ${term.prefix}: <${term.space}>\n`;
      changes.push({ from: at, insert: at && text[at - 1] !== "\n" ? `\n${line}` : line });
    }
    changes.push({ from, to, insert });
    const change = view.state.changes(changes);
    view.dispatch({ changes: change, selection: { anchor: change.mapPos(to, 1) }, userEvent: "input.complete" });
  };
}

function option(term, boost) {
  const count = term.count ? ` · ${term.count}` : "";
  return {
    label: term.text,
    displayLabel: term.text,
    detail: term.label ? `${term.label}${count}` : count.slice(3),
    apply: taking(term),
    boost: boost + Math.min(USED, Math.round(6 * Math.log10(1 + (term.count ?? 0)))),
  };
}

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// By what is typed: the beginning of the name, of the local name, or of a word of the label – then anywhere in them.
function rank(term, typed) {
  if (!typed) return 0;
  const [name, label] = [folded(term.text), folded(term.label ?? "")];
  const local = name.slice(name.indexOf(":") + 1);
  if (name.startsWith(typed) || local.startsWith(typed)) return 3;
  if (label.startsWith(typed) || label.includes(` ${typed}`)) return 2;
  return name.includes(typed) || label.includes(typed) ? 1 : -1;
}

export function offer(context, terms, words) {
  const text = context.state.doc.toString();
  const before = text.slice(0, context.pos);
  const written = WORD.exec(before)[0];
  const from = context.pos - written.length;
  const place = placeOf(before);
  if (place === "none") return null;
  const spaced = /\s$/.test(before);
  if (!written && !context.explicit && !(spaced && (place === "class" || (place === "property" && /[?$][\p{L}\p{N}_]+ $/u.test(before))))) return null;
  if (/^[?$]/.test(written)) {
    const names = new Set();
    for (const token of tokens(text)) if (token.kind === "variable" && token.at !== from && token.text.length > 1) names.add(`?${token.text.slice(1)}`);
    const options = [...names].filter((name) => name.startsWith(`?${written.slice(1)}`)).sort();
    return options.length ? { from, filter: false, options: options.map((label) => ({ label, detail: words.variable })) } : null;
  }
  const typed = folded(written);
  const found = [];
  const take = (list, boost) => {
    for (const term of list) {
      const fits = rank(term, typed);
      if (fits >= 0) found.push({ fits: fits * 100 + boost, term: option(term, 0) });
    }
  };
  if (place === "class") take(terms.classes, 50);
  else if (place === "property") {
    take([{ text: "a", label: words.class }], 60);
    take(terms.properties, 50);
  } else if (written) {
    take(terms.classes, 20);
    take(terms.properties, 10);
  }
  if (written && !written.includes(":")) {
    for (const [prefix, space] of Object.entries(terms.prefixes)) {
      if (prefix.startsWith(written)) found.push({ fits: 310, term: option({ text: `${prefix}:`, label: space, prefix, space }, 0) });
    }
    if (place !== "class") {
      for (const label of KEYWORDS) if (label.toLowerCase().startsWith(typed)) found.push({ fits: 320, term: { label } });
    }
  }
  if (!found.length) return null;
  found.sort((one, other) => other.fits - one.fits || (other.term.boost ?? 0) - (one.term.boost ?? 0));
  return { from, filter: false, options: found.slice(0, MOST).map(({ term }) => term) };
}
