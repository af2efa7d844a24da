// What Comunica, as it is, reads from a site: prints one JSON object, name of the trial → what was found.
// Use: node comunica.mjs http://127.0.0.1:8000/
import { QueryEngine } from '@comunica/query-sparql';

const address = process.argv[2];
const endpoint = { type: 'sparql', value: `${address}sparql` };
const document = `${address}id/nordisk-biblioteksnetvaerk`;
const prefixes = `
PREFIX nw: <https://w3id.org/samvirke/network#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX d: <https://w3id.org/samvirke/id/>
`;
const engine = new QueryEngine();

async function rows(query, sources, options = {}) {
  const stream = await engine.queryBindings(prefixes + query, { sources, ...options });
  const found = await stream.toArray();
  return found.map((row) => [...row.keys()].map((key) => key.value).sort().map((name) => row.get(name).value)).sort();
}

async function quads(query, sources) {
  const stream = await engine.queryQuads(prefixes + query, { sources });
  const found = await stream.toArray();
  return found.map((quad) => [quad.subject.value, quad.predicate.value, quad.object.value]).sort();
}

async function failure(query, sources) {
  try {
    await rows(query, sources);
    return 'no error';
  } catch (error) {
    return String(error.message);
  }
}

const networks = 'SELECT ?name { ?network a nw:Network ; skos:prefLabel ?name }';
const found = {
  select: await rows(networks, [endpoint]),
  ask: await engine.queryBoolean(`${prefixes} ASK { d:nordisk-biblioteksnetvaerk a nw:Network }`, { sources: [endpoint] }),
  askNot: await engine.queryBoolean(`${prefixes} ASK { d:nordisk-biblioteksnetvaerk a nw:Nothing }`, { sources: [endpoint] }),
  construct: await quads('CONSTRUCT { ?n skos:prefLabel ?name } WHERE { ?n a nw:Network ; skos:prefLabel ?name }', [endpoint]),
  graphs: await rows('SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?network a nw:Network } }', [endpoint]),
  // Without a type: the engine finds out by itself that this is an endpoint, from the service description.
  discovered: await rows(networks, [`${address}sparql`]),
  // The document answers Comunica's own Accept header; nothing is told of its format.
  document: await rows('SELECT ?name { d:nordisk-biblioteksnetvaerk skos:prefLabel ?name }', [document]),
  // Comunica asks for quads first, and there the facts stand in the graphs of their passages.
  documentFacts: await rows(
    'SELECT ?who { d:nordisk-biblioteksnetvaerk nw:hasSecretariat ?who }', [document], { unionDefaultGraph: true },
  ),
  // One half of the join from the document, the other from the endpoint.
  joined: await rows(
    'SELECT ?who ?name { d:nordisk-biblioteksnetvaerk nw:hasSecretariat ?who . ?who skos:prefLabel ?name }',
    [document, endpoint],
    { unionDefaultGraph: true },
  ),
  dump: await rows(networks, [`${address}dump/default.nt`]),
  wrong: await failure('SELECT * { SERVICE <http://127.0.0.1:9/sparql> { ?s ?p ?o } }', [endpoint]),
};
console.log(JSON.stringify(found));
