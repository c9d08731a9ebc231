"""Spark Connect servers in processes of their own: Sail's, and Spark's on the JVM."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pyspark

from indextracker.engines import jvm

SPARK = Path(pyspark.__file__).parent
SAIL = """
import sys
from pysail.spark import SparkConnectServer
SparkConnectServer(ip="127.0.0.1", port=int(sys.argv[1])).start(background=False)
"""
OF_SPARK = "org.apache.spark.sql.connect.service.SparkConnectServer"
PATIENCE_SECONDS = 120


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """A server that can be killed and started again under its address."""

    def __init__(self, command: list[str], port: int, folder: Path) -> None:
        self._command, self._port, self._folder = command, port, folder
        self.engine = f"sc://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env={k: v for k, v in os.environ.items() if not k.startswith("SPARK_")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "server.log").read_text()[-2000:]
            assert time.monotonic() < until, f"nobody listens at {self.engine}"
            time.sleep(0.1)

    def kill(self) -> None:
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    def _listens(self) -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", self._port)) == 0


def sail(folder: Path) -> Server:
    port = free_port()
    return Server([sys.executable, "-c", SAIL, str(port)], port, folder)


def spark(folder: Path) -> Server:
    """Spark's own, with the configuration of our JVM engine."""
    port = free_port()
    configuration = jvm.configuration(on_s3=False) | {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
    }
    return Server(
        [
            *(str(SPARK / "bin" / "spark-submit"), "--class", OF_SPARK),
            *(part for item in configuration.items() for part in ("--conf", "=".join(item))),
            "spark-internal",
        ],
        port,
        folder,
    )
