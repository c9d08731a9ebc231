"""Asks a process of a deployment on this machine whether it is well: exits with 0, or says why not.

    python deployment/healthy.py webserver

Run every minute beside the process, so that it imports as little as it can.
"""

from __future__ import annotations

import sys
import urllib.request

SECONDS = 30
PAGES = {
    "webserver": "http://127.0.0.1:3000/server_info",
    "dashboard": "http://127.0.0.1:8050/healthz",
    "consumer": "http://127.0.0.1:9400/healthz",
    "monitor": "http://127.0.0.1:8070/healthz",
    "producer": "http://127.0.0.1:9402/healthz",
}
CODE = "127.0.0.1:4000"


def page(address: str) -> None:
    """Asks for a page.

    Raises:
        OSError: It is not there, or says that something is wrong.
    """
    # A proxy of the environment is for publishers.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(address, timeout=SECONDS):
        return


def code() -> None:
    """Asks the code server by the protocol that Dagster's own check speaks.

    Raises:
        OSError: It does not answer, or does not serve.
    """
    import grpc  # noqa: PLC0415
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # noqa: PLC0415

    with grpc.insecure_channel(CODE, [("grpc.enable_http_proxy", 0)]) as channel:
        asked = health_pb2.HealthCheckRequest(service="DagsterApi")
        try:
            said = health_pb2_grpc.HealthStub(channel).Check(asked, timeout=SECONDS)
        except grpc.RpcError as error:
            raise OSError(f"the code server does not answer: {error}") from error
    if said.status != health_pb2.HealthCheckResponse.SERVING:
        raise OSError("the code server does not serve")


def daemon() -> None:
    """Looks for the daemon's heartbeats in Dagster's records.

    Raises:
        OSError: One is missing or old.
    """
    from dagster import DagsterInstance  # noqa: PLC0415 - seconds
    from dagster._daemon.controller import all_daemons_live  # noqa: PLC0415 - as its command does

    with DagsterInstance.get() as instance:
        if not all_daemons_live(instance):
            raise OSError("a daemon of Dagster's has not been heard of: see its log")


def main(process: str) -> int:
    """Asks a process.

    Returns:
        0 where it is well.
    """
    asked = {"code": code, "daemon": daemon} | {
        name: lambda address=address: page(address) for name, address in PAGES.items()
    }
    try:
        asked[process]()
    except OSError as error:
        print(f"{process}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
