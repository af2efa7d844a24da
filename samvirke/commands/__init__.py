"""The commands of the command line: reads options, calls one room, prints.

Level 8, above everything. A command holds no knowledge of its own: what is worth testing without
a terminal stands in the room below. Only `click` and the errors are imported at the top of these
modules; everything else is imported inside the command, so that `--help` answers at once.
"""
