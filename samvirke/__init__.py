"""Samvirke publishes documents as a checked knowledge graph in which every fact leads back to its words.

Importing the package loads nothing else: the rooms are imported where they are used,
so that the command line starts at once.
"""

__version__ = "0.1.0"
