"""erp_sync keeps Centra in step with a company's ERP."""

__version__ = "0.1.0"
