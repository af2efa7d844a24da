"""Shapes compiled to set-at-a-time evaluation: what the gate decides without pySHACL.

Duty: from the shapes graph to findings, and to the nodes a change can reach. Level 3; loads neither
rdflib nor pySHACL, writes nothing. What it cannot decide it leaves: `compiler` says which shapes and
why, `Undecided` says so for a value, and pySHACL (`core`) decides those shapes.
Source: https://www.w3.org/TR/shacl/
"""
