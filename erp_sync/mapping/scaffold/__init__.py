"""A mapping proposed from a dataset's columns and the values in them, to start from.

    columns = look_at(extract.chunks(dataset))
    proposal = propose(catalog, entity, dataset, columns)   # which column for which id and field, and why
    text = written(proposal, ...)                           # commented YAML

A guess is made by the column's name (names.py knows what ERPs call things) and by what its values are (chains.py tries
the very transforms that a mapping has on every value). Pure functions.
"""

from erp_sync.mapping.scaffold.columns import Column, look_at
from erp_sync.mapping.scaffold.proposing import Proposal, propose
from erp_sync.mapping.scaffold.writing import written

__all__ = ["Column", "Proposal", "look_at", "propose", "written"]
