"""Say which thing here a row of a table may mean.

Duty: read the batches of the Reconciliation API, judge candidates, and give values for the rows that were matched.
Level 6; knows no web, and asks the store by one query for a whole batch.
Standard: Reconciliation Service API 0.2, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from samvirke.reconciliation.asked import Extension, Question, read_extension, read_questions
from samvirke.reconciliation.extending import Values, extended, is_address, read_values, values_query
from samvirke.reconciliation.matching import candidates, looked_at, named, things_query

__all__ = [
    "Extension",
    "Question",
    "Values",
    "candidates",
    "extended",
    "is_address",
    "looked_at",
    "named",
    "read_extension",
    "read_questions",
    "read_values",
    "things_query",
    "values_query",
]
