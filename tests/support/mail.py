"""A mail server on this machine that knows STARTTLS, with a certificate of its own."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


@dataclass
class MailServer:
    """The server, as tests see it.

    Attributes:
        certificates: The file by which its certificate is trusted.
        address: Its host and port.
        mails: What it has accepted.
        logins: Who logged in, with which password.
        refuses: What it answers in place of accepting a mail; nothing while it accepts.
        plain: Commands beside EHLO and STARTTLS that came before it was encrypted.
    """

    certificates: Path
    address: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    refuses: str = ""
    plain: list[str] = field(default_factory=list)


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, told: MailServer, context: ssl.SSLContext) -> None:
        super().__init__((HOST, 0), _Handler)
        self.told = told
        self.context = context

    def handle_error(self, *_: object) -> None:
        """Nothing: a client may not trust the certificate."""


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.is_encrypted = False
        self.say("220 ready")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if not self.is_encrypted and verb.upper() not in ("EHLO", "STARTTLS", "QUIT"):
                self.server.told.plain.append(verb)
            getattr(self, f"on_{verb.lower()}", self.on_other)(rest)

    def on_ehlo(self, _: str) -> None:
        self.say("250-here", "250 AUTH PLAIN" if self.is_encrypted else "250 STARTTLS")

    def on_starttls(self, _: str) -> None:
        self.say("220 go on")
        encrypted = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = encrypted.makefile("rb"), encrypted.makefile("wb", 0)
        self.is_encrypted = True

    def on_auth(self, rest: str) -> None:
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.server.told.logins.append((user, password))
        self.say("235 welcome")

    def on_data(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        if self.server.told.refuses:
            self.say(self.server.told.refuses)
            return
        mail = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.told.mails.append(mail)
        self.say("250 accepted")

    def on_quit(self, _: str) -> None:
        self.say("221 bye")

    def on_other(self, _: str) -> None:
        self.say("250 fine")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def serving(folder: Path) -> Iterator[MailServer]:
    """Runs a server for the length of a block; its certificate is in a folder."""
    told = MailServer(_certificate(folder))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(told.certificates, folder / "key.pem")
    with _Server(told, context) as server:
        told.address = f"{HOST}:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield told
        server.shutdown()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    host, now = x509.IPAddress(ip_address(HOST)), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    file = folder / "certificate.pem"
    file.write_bytes(made.public_bytes(pem))
    return file
