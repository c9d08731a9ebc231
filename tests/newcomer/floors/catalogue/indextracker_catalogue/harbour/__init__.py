"""A toy exchange on which berths of a harbour are traded, on Saturdays and Sundays."""

from indextracker_catalogue.harbour.audits import *  # noqa: F403
from indextracker_catalogue.harbour.subject import *  # noqa: F403
from indextracker_catalogue.harbour.tables import *  # noqa: F403
