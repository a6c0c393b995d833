"""Stop 2: rows of the ERP -> desired records of Centra, or rejections with reason and origin.

    mappings = load_mappings(folder, catalog, parameters)     # FixMapping with every problem of every file
    prepared = mappings.prepare(extract, now)                 # reads what lookups and joins look into
    for chunk in prepared.chunks(unit.dataset):               # of a source's or a derived dataset
        mapped = prepared.map(unit, chunk)                    # .records, .rejections, .notices

A ``Unit`` is one entity made of one dataset: ``.entity .dataset .at .owners .vanish .columns``. The language is
described in docs/mapping.md; its models in language.py are where the schema and the descriptions come from.
"""

from erp_sync.mapping.engine import MappingSet, Prepared
from erp_sync.mapping.loading import load_mappings
from erp_sync.mapping.records import Mapped, Notice
from erp_sync.mapping.units import Owner, Unit, Vanish

__all__ = ["Mapped", "MappingSet", "Notice", "Owner", "Prepared", "Unit", "Vanish", "load_mappings"]
