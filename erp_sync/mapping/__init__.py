"""Stop 2: rows of the ERP -> desired records of Centra, or rejections with reason and origin.

    mappings = load_mappings(folder, catalog, parameters)     # FixMapping with every problem of every file
    prepared = mappings.prepare(extract, now)                 # reads what lookups and joins look into
    for chunk in prepared.chunks(unit.dataset):               # of a source's or a derived dataset
        mapped = prepared.map(unit, chunk)                    # .records, .rejections, .notices
    prepared.rejections                                       # of derived datasets: name -> list

A ``Unit`` is one entity made of one dataset: ``.entity .dataset .at .owners .vanish .columns``; its ``.fields`` are
the fields with their expressions. Beside the straight line:

- ``check_source(mappings, extract, now) -> list[Finding]``: everything a run would trip over, once per cause
- ``preview(prepared, unit, rows, key)``: ERP row | records | rejected and why, or left out
- ``explain(prepared, unit, key, paths)``: a record's way, transform by transform, each with its line of the mapping
- ``schema_text(catalog)``: the JSON Schema as published
- ``reading.read_yaml``, ``reading.validate``: YAML with places; errors all at once

The language is described in docs/mapping.md; its models in language.py are where schema and descriptions come from.
"""

from erp_sync.mapping.checking import Finding, Severity, check_source
from erp_sync.mapping.engine import MappingSet, Prepared
from erp_sync.mapping.explaining import Explained, Previewed, explain, preview
from erp_sync.mapping.loading import load_mappings
from erp_sync.mapping.records import Mapped, Notice
from erp_sync.mapping.schema import schema_text
from erp_sync.mapping.units import FieldPlan, Owner, Unit, Vanish

__all__ = [
    "Explained",
    "FieldPlan",
    "Finding",
    "Mapped",
    "MappingSet",
    "Notice",
    "Owner",
    "Prepared",
    "Previewed",
    "Severity",
    "Unit",
    "Vanish",
    "check_source",
    "explain",
    "load_mappings",
    "preview",
    "schema_text",
]
