"""Which actions of AWS processes call, told from the requests that reach a stand-in.

Whichever client asks (boto3, delta-rs, Arrow, Sail) signs its requests, and the signature names the
service and the key. Each principal has its name for a key, so that a request says who asked.
"""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import requests
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

# As those of the templates that the recording is held against.
ACCOUNT, REGION = "123456789012", "us-east-1"
CONTROL = "/recording"
Environ = dict[str, Any]
# Principal, action, resource; a resource that a request does not name is empty.
Call = tuple[str, str, str]
SCOPE = re.compile(r"Credential=([^/]+)/\d+/[\w-]+/([\w-]+)/aws4_request")
JOB_RUNS = {
    ("POST", "/applications/{}/jobruns"): ("StartJobRun", "TagResource"),
    ("GET", "/applications/{}/jobruns/{}"): ("GetJobRun",),
    ("GET", "/applications/{}/jobruns/{}/dashboard"): ("GetDashboardForJobRun",),
    ("DELETE", "/applications/{}/jobruns/{}"): ("CancelJobRun",),
    ("GET", "/applications/{}"): ("GetApplication",),
}
# The first match of what is asked of an object or a bucket: method, a parameter, action.
OF_OBJECTS = (
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("GET", "uploadId", "ListMultipartUploadParts"),
    ("DELETE", "", "DeleteObject"),
    ("PUT", "", "PutObject"),
    ("POST", "", "PutObject"),
    ("GET", "versionId", "GetObjectVersion"),
    ("GET", "", "GetObject"),
    ("HEAD", "", "GetObject"),
)
OF_BUCKETS = (
    ("GET", "location", "GetBucketLocation"),
    ("GET", "uploads", "ListBucketMultipartUploads"),
    ("GET", "", "ListBucket"),
    ("HEAD", "", "ListBucket"),
    ("PUT", "", "CreateBucket"),
)


class Recorder:
    """Passes requests on to moto and notes what each asks for; at CONTROL it is told and asked."""

    def __init__(self) -> None:
        self._calls: set[Call] = set()
        self._instead: dict[str, Any] = {}
        self._emr = ""
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answers a request, as WSGI wants it."""
        body = _body(environ)
        if environ["PATH_INFO"] == CONTROL:
            return self._control(body, start_response)
        if scope := SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")):
            principal, service = scope.groups()
            asked = [*_asked(service, environ, body)]
            with self._lock:
                self._calls.update((principal, action, resource) for action, resource in asked)
            if service == "emr-serverless":
                return self._of_emr(environ, body, start_response)
            for action, _ in asked:
                if action in self._instead:
                    return _said(json.dumps(self._instead[action]).encode(), start_response)
        answer: Iterable[bytes] = self._moto(environ, start_response)
        return answer

    def _control(self, body: bytes, start_response: Callable[..., Any]) -> Iterable[bytes]:
        told = json.loads(body or "{}")
        self._instead |= told.get("instead", {})
        self._emr = told.get("emr", self._emr)
        with self._lock:
            return _said(json.dumps(sorted(self._calls)).encode(), start_response)

    def _of_emr(
        self, environ: Environ, body: bytes, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        answer = requests.request(
            environ["REQUEST_METHOD"], self._emr + environ["PATH_INFO"], data=body, timeout=60
        )
        return _said(answer.content, start_response)


def _said(body: bytes, start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
    return [body]


@dataclass(frozen=True)
class Recording:
    """A running recorder, in a process of its own: clients in Rust hold this one's lock.

    Attributes:
        address: Of all of moto's services.
    """

    address: str

    def calls(self) -> list[Call]:
        """What was asked, each once."""
        return [tuple(call) for call in self._told({})]

    def answer(self, instead: dict[str, Any]) -> None:
        """Has it answer actions that moto has no answer for."""
        self._told({"instead": instead})

    def pass_jobs_to(self, emr: str) -> None:
        """Has a stand-in for EMR Serverless run jobs, since moto runs none."""
        self._told({"emr": emr})

    def _told(self, said: dict[str, Any]) -> Any:
        return requests.post(self.address + CONTROL, json=said, timeout=60).json()


@contextmanager
def serving() -> Iterator[Recording]:
    """A recorder, for as long as the block lasts."""
    command = [sys.executable, str(Path(__file__))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield Recording(f"http://127.0.0.1:{int(server.stdout.readline())}")
        finally:
            server.kill()


def _body(environ: Environ) -> bytes:
    """What a request carries, of which moto gets a copy; not that of an object, which is none."""
    if "HTTP_X_AMZ_TARGET" not in environ and environ["REQUEST_METHOD"] != "POST":
        return b""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _asked(service: str, environ: Environ, body: bytes) -> Iterator[tuple[str, str]]:
    if service == "s3":
        yield from _of_s3(environ, body)
    elif target := environ.get("HTTP_X_AMZ_TARGET"):
        asked = json.loads(body)
        yield f"{service}:{target.rpartition('.')[2]}", _resource(service, asked)
    elif service == "emr-serverless":
        shape = re.sub(r"/(applications|jobruns)/[^/]+", r"/\1/{}", environ["PATH_INFO"])
        for action in JOB_RUNS[environ["REQUEST_METHOD"], shape]:
            yield f"{service}:{action}", ""
        if "executionRoleArn" in (asked := json.loads(body or "{}")):
            yield "iam:PassRole", asked["executionRoleArn"]
    else:
        form = dict(parse_qsl(body.decode()))
        yield f"{service}:{form['Action']}", form.get("TopicArn", "")


def _of_s3(environ: Environ, body: bytes) -> Iterator[tuple[str, str]]:
    bucket, _, key = unquote(environ["PATH_INFO"]).lstrip("/").partition("/")
    parameters = {name for name, _ in parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)}
    method = environ["REQUEST_METHOD"]
    if method == "POST" and not key and "delete" in parameters:
        for name in re.findall(r"<Key>([^<]+)</Key>", body.decode()):
            yield "s3:DeleteObject", _place(bucket, name)
        return
    action = next(
        action
        for of, parameter, action in (OF_OBJECTS if key else OF_BUCKETS)
        if of == method and (not parameter or parameter in parameters)
    )
    yield f"s3:{action}", _place(bucket, key)
    if source := environ.get("HTTP_X_AMZ_COPY_SOURCE"):
        copied, _, name = unquote(source).lstrip("/").partition("/")
        yield "s3:GetObject", _place(copied, name)


def _place(bucket: str, key: str) -> str:
    """A bucket, an object in one folder of it, or what is below the first two folders."""
    folders = key.split("/")[:-1][:2]
    below = "/".join([*folders, "*"]) if len(folders) > 1 else key
    return f"arn:aws:s3:::{bucket}" + (f"/{below}" if key else "")


def _resource(service: str, asked: dict[str, Any]) -> str:
    """The ARN of what a request names, or nothing."""
    match asked:
        case {"StreamName": name}:
            return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
        case {"SecretId": name}:
            return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbCdEf"
        case {"logGroupName": name}:
            return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}:*"
        case {"task": task} | {"tasks": [task]} if service == "ecs":
            return str(task)
    return ""


def main() -> None:
    """Serves until its input is closed."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(
        "127.0.0.1", 0, Recorder(), threaded=True, request_handler=MotoRequestHandler
    )
    print(server.server_port, flush=True)  # noqa: T201 - whoever started it reads it there
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
