"""The page Live: quotes as they come, from the consumer of them that runs on this machine."""

from indextracker_dashboard.live.page import LIVE

__all__ = ["LIVE"]
