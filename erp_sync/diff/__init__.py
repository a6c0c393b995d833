"""Stop 4: desired x baseline -> changes, field by field. Pure: it reads frames and a LedgerReader, writes nothing."""

from erp_sync.diff.compare import Compared, Rules, compare
from erp_sync.diff.comparison import Comparison, Verified
from erp_sync.diff.fingerprint import fingerprints, hash_keys
from erp_sync.diff.known import Known
from erp_sync.diff.only import Only
from erp_sync.diff.seen import Seen
from erp_sync.diff.vanish import Vanished, vanished

__all__ = [
    "Compared",
    "Comparison",
    "Known",
    "Only",
    "Rules",
    "Seen",
    "Vanished",
    "Verified",
    "compare",
    "fingerprints",
    "hash_keys",
    "vanished",
]
