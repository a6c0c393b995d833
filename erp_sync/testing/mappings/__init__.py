"""Tests of mappings: ``product.test.yaml`` beside ``product.yaml`` gives rows, and says what becomes of them.

    for path in test_files(folder):
        for one in run_file(read_tests(path), catalog, parameters):   # FixMapping with every problem of the file
            one.test.name, one.differences                            # none: as expected
        update(file, done)                                            # writes what came out as what is expected

Nothing is needed but the files: no Centra, no ledger, no ERP. The language is described in docs/mapping.md.
"""

from erp_sync.testing.mappings.comparing import Difference
from erp_sync.testing.mappings.files import SUFFIX, TestsFile, read_tests, test_files
from erp_sync.testing.mappings.running import Done, run_file
from erp_sync.testing.mappings.schema import schema_text
from erp_sync.testing.mappings.updating import update

__all__ = ["SUFFIX", "Difference", "Done", "TestsFile", "read_tests", "run_file", "schema_text", "test_files", "update"]
