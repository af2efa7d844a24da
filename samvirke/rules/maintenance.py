"""stub"""

from __future__ import annotations

from pyoxigraph import DefaultGraph, Quad

from samvirke.patch import Delta


class Maintainer:
    def __init__(self, rules, schema_graphs):
        self.rules, self.schema_graphs = rules, schema_graphs

    @classmethod
    def of(cls, store, rules, schema_graphs):
        return cls(rules, schema_graphs)

    def apply(self, store, change):
        from samvirke.rules import apply_rules

        names = {r.address for r in self.rules}
        inf = {q for n in names for q in store.quads_for_pattern(None, None, None, n)}
        before = {q for q in store.quads_for_pattern(None, None, None, DefaultGraph())} | inf
        schema = set(self.schema_graphs)
        for q in before:
            store.remove(q)
        for q in list(store):
            if q.graph_name not in schema and q.graph_name != DefaultGraph():
                store.add(Quad(q.subject, q.predicate, q.object, DefaultGraph()))
        apply_rules(store, self.rules, schema_graphs=self.schema_graphs)
        after = {q for q in store.quads_for_pattern(None, None, None, DefaultGraph())} | {
            q for n in names for q in store.quads_for_pattern(None, None, None, n)
        }
        return Delta(deleted=frozenset(before - after), added=frozenset(after - before))


def published_rules(store, base):
    from samvirke.rules import load_rules

    class F:
        pass

    f = F()
    f.base = base
    f.rule_files = lambda: ()
    return load_rules(f)
