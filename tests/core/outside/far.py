"""Somebody outside, played by a real server on this machine: what he does is in the path that is asked for."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Type: application/json\r\n\r\n" + b'{"paid": "yes"}'


class FarEnd:
    """``connections`` counts who came in, ``heard`` holds what was asked."""

    def __init__(self, trust: ssl.SSLContext | None = None) -> None:
        self.connections, self.heard = 0, list[bytes]()
        self._trust = trust
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        threading.Thread(target=self._let_in, daemon=True).start()

    def url(self, path: str, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        self._door.close()

    def _let_in(self) -> None:
        while True:
            try:
                visitor, _address = self._door.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(visitor,), daemon=True).start()

    def _serve(self, visitor: socket.socket) -> None:
        try:
            if self._trust is not None:
                visitor = self._trust.wrap_socket(visitor, server_side=True)
            with visitor:
                while (asked := _request(visitor)) is not None:
                    self.heard.append(asked)
                    if not _act(visitor, asked.split(b" ")[1].decode()):
                        return
        except OSError:
            return


def _request(visitor: socket.socket) -> bytes | None:
    read = b""
    while b"\r\n\r\n" not in read:
        piece = visitor.recv(65536)
        if not piece:
            return None
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(lengths):
        body += visitor.recv(65536)
    return head + b"\r\n\r\n" + body


def _act(visitor: socket.socket, path: str) -> bool:
    if path.startswith("/drip"):
        for byte in OK:
            visitor.sendall(bytes([byte]))
            time.sleep(0.05)
    elif path.startswith("/hang"):
        time.sleep(3)
    elif path.startswith("/cut"):
        visitor.sendall(OK[:-5])
        return False
    elif path.startswith("/endless"):
        visitor.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            visitor.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
    elif path.startswith("/moved"):
        visitor.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n")
    elif path.startswith("/busy"):
        visitor.sendall(b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n")
    elif path.startswith("/missing"):
        visitor.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n<p>")
    else:
        visitor.sendall(OK)
    return True


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for ``name``, and the file of who vouches for it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / f"{name}.pem", folder / f"{name}.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, public
