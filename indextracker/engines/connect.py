"""A Spark Connect server that runs elsewhere: Spark's own, Sail's, or a vendor's.

The server is not started or configured here. It has to support Delta Lake and to see the lake under
the same address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from indextracker.engines.protocol import EngineError, Host
from indextracker.engines.sessions import SessionEngine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# gRPC tries an address that was lost ever more rarely, up to every two minutes, and that for all
# channels of a process: a server that is back would be found as late.
OFTEN = ("grpc.max_reconnect_backoff_ms", 1_000)


class ConnectEngine(SessionEngine):
    """Runs jobs on the server at an address.

    Args:
        address: `sc://host:port`; what follows `/;` may hold a token and is never shown.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.name = f"the Spark Connect server at {urlsplit(address).netloc}"

    def _open(self, host: Host | None) -> SparkSession:  # noqa: ARG002 - it needs no host
        from pyspark.sql import SparkSession  # noqa: PLC0415 - loads pandas
        from pyspark.sql.connect.client import ChannelBuilder  # noqa: PLC0415
        from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415

        if OFTEN not in ChannelBuilder.GRPC_DEFAULT_OPTIONS:
            ChannelBuilder.GRPC_DEFAULT_OPTIONS.append(OFTEN)
        try:
            session = SparkSession.builder.remote(self._address).create()
            # The client's own policy waits for ten minutes before it says that no server answers.
            patience = DefaultPolicy(max_retries=4, max_backoff=2_000)
            session.client.set_retry_policies([patience])
            session.range(1).count()
        except Exception as error:
            raise EngineError(
                f"{self.name} does not answer: start it, or set INDEXTRACKER_ENGINE to another"
            ) from error
        return session
