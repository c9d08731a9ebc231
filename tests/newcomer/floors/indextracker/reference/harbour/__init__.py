"""What the harbour's documents leave unsaid: the quay of each berth."""

from datetime import timedelta
from importlib import resources

from indextracker_catalogue.harbour import HARBOUR_QUAYS

from indextracker.reference.facts import Facts

QUAYS = Facts(HARBOUR_QUAYS, resources.files(__name__), good_for=timedelta(days=365))
