"""Price files of companies that never were, as people collect them, of any volume."""

from indextracker_simulator.files.companies import SECTORS, Company, company
from indextracker_simulator.files.histories import DAYS, History, history
from indextracker_simulator.files.writing import HEADER, Written, write

__all__ = [
    "DAYS",
    "HEADER",
    "SECTORS",
    "Company",
    "History",
    "Written",
    "company",
    "history",
    "write",
]
