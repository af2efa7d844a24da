// What Apache Jena, as it is, reads from a site: prints one line for each finding, "trial<TAB>value", sorted.
// Use: java -cp 'target/*' JenaAsks.java http://127.0.0.1:8000/

import java.nio.charset.StandardCharsets;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.apache.jena.graph.Graph;
import org.apache.jena.graph.NodeFactory;
import org.apache.jena.query.ResultSet;
import org.apache.jena.rdf.model.Model;
import org.apache.jena.riot.RDFParser;
import org.apache.jena.riot.WebContent;
import org.apache.jena.sparql.core.DatasetGraph;
import org.apache.jena.sparql.exec.http.QueryExecutionHTTP;
import org.apache.jena.sparql.exec.http.QueryExecutionHTTPBuilder;
import org.apache.jena.sparql.exec.http.QuerySendMode;
import org.apache.jena.sparql.engine.http.QueryExceptionHTTP;

public class JenaAsks {
    static final String PREFIXES = """
        PREFIX nw: <https://w3id.org/samvirke/network#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        PREFIX d: <https://w3id.org/samvirke/id/>
        """;
    static final String NETWORKS = "SELECT ?name { ?network a nw:Network ; skos:prefLabel ?name } ORDER BY ?name";
    static final List<String> found = new ArrayList<>();

    static void tell(String trial, Object value) {
        found.add(trial + "\t" + value);
    }

    static QueryExecutionHTTPBuilder asking(String endpoint, String query) {
        return QueryExecutionHTTP.service(endpoint).query(PREFIXES + query);
    }

    static void names(String trial, QueryExecutionHTTPBuilder builder) {
        try (QueryExecutionHTTP running = builder.build()) {
            ResultSet rows = running.execSelect();
            rows.forEachRemaining(row -> tell(trial, row.getLiteral("name").getLexicalForm()));
        }
    }

    public static void main(String[] arguments) {
        String address = arguments[0], endpoint = address + "sparql";
        names("select", asking(endpoint, NETWORKS));
        names("select-post", asking(endpoint, NETWORKS).sendMode(QuerySendMode.asPost));
        names("select-form", asking(endpoint, NETWORKS).sendMode(QuerySendMode.asPostForm));
        for (String type : new String[] {
                WebContent.contentTypeResultsJSON, WebContent.contentTypeResultsXML, WebContent.contentTypeTextTSV}) {
            names("select-" + type, asking(endpoint, NETWORKS).acceptHeader(type));
        }
        try (QueryExecutionHTTP running = asking(endpoint, "ASK { d:nordisk-biblioteksnetvaerk a nw:Network }").build()) {
            tell("ask", running.execAsk());
        }
        String construct = "CONSTRUCT { ?n skos:prefLabel ?l } WHERE { ?n a nw:Network ; skos:prefLabel ?l }";
        try (QueryExecutionHTTP running = asking(endpoint, construct).build()) {
            Model model = running.execConstruct();
            tell("construct", model.size());
        }
        try (QueryExecutionHTTP running = asking(endpoint, "DESCRIBE d:nordisk-biblioteksnetvaerk").build()) {
            Model model = running.execDescribe();
            tell("describe", model.contains(
                model.createResource("https://w3id.org/samvirke/id/nordisk-biblioteksnetvaerk"),
                model.createProperty("http://www.w3.org/2004/02/skos/core#prefLabel")));
        }
        try (QueryExecutionHTTP running = asking(endpoint, "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }").build()) {
            running.execSelect();
            tell("wrong", "no error");
        } catch (QueryExceptionHTTP error) {
            tell("wrong", error.getStatusCode());
        }
        // The thing's own address: Jena's Accept header leads to data, not to the page.
        Graph graph = RDFParser.source(address + "id/nordisk-biblioteksnetvaerk").toGraph();
        tell("document", graph.contains(
            NodeFactory.createURI("https://w3id.org/samvirke/id/nordisk-biblioteksnetvaerk"),
            NodeFactory.createURI("http://www.w3.org/2004/02/skos/core#prefLabel"),
            NodeFactory.createLiteralLang("Nordisk Biblioteksnetværk", "da")));
        for (String type : new String[] {
                "text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"}) {
            Graph one = RDFParser.create().source(address + "id/nordisk-biblioteksnetvaerk").acceptHeader(type).toGraph();
            tell("document-" + type, one.size());
        }
        DatasetGraph dataset = RDFParser.create().source(address + "id/nordisk-biblioteksnetvaerk")
            .acceptHeader("application/trig").toDatasetGraph();
        tell("dataset", dataset.stream().map(quad -> quad.getGraph().toString()).filter(name -> name.contains("#char=")).distinct().count());
        Graph dump = RDFParser.source(address + "dump/default.nt").toGraph();
        tell("dump", dump.size());
        Graph about = RDFParser.source(address + ".well-known/void").toGraph();
        tell("void", !about.isEmpty());
        found.sort(null);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        found.forEach(out::println);
    }
}
