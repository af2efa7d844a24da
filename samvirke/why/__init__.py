"""Why does a query have this row? The facts it rests on and the passages that say them.

Level 4, below the worker processes. `patterns`, `stream`, `statements` and `reading` make a plan of a
query's text, and refuse with reason and place what cannot be explained; `asking` writes the query that has
every solution in view; `matching` finds the facts (in a worker); `answer` puts premises and words to them
and writes them into the answer (outside, with the index).
Standard: SPARQL 1.1 Query, https://www.w3.org/TR/sparql11-query/#sparqlAlgebra
"""
