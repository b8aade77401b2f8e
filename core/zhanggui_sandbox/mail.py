"""A mail server that keeps what it gets: small, without encryption, for this machine."""

from __future__ import annotations

import base64
import logging
import re
import socket
import socketserver
import threading
import time
from email import message_from_bytes, policy

from . import inbox
from .keys import Keyring
from .world import World

log = logging.getLogger(__name__)
_LONGEST = 10 * 1024 * 1024
_ADDRESS = re.compile(r"(?:FROM|TO):\s*<([^<>\s]*)>", re.IGNORECASE)
USER = "shop@sandbox.example"


def credentials(keys: Keyring) -> dict[str, str]:
    """Who may hand in mail. Nobody has to sign in."""
    return {"user": USER, "password": keys.derived("mail")[:16]}


class _Session(socketserver.StreamRequestHandler):
    server: Catcher
    timeout = 60

    def handle(self) -> None:
        """Commands until somebody leaves."""
        try:
            self._talk()
        except (OSError, ValueError):
            log.debug("a mail session broke off")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def _line(self) -> str:
        return self.rfile.readline(4096).decode("utf-8", "replace").rstrip("\r\n")

    def _talk(self) -> None:
        world, sender, to = self.server.world, "", ""
        self._say("220 sandbox ESMTP")
        while line := self._line():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    self._say("250-sandbox\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-SIZE 10485760\r\n250 AUTH PLAIN LOGIN")
                case "AUTH":
                    self._say("235 2.7.0 welcome" if self._known(rest) else "535 5.7.8 user and password do not go together")
                case "MAIL":
                    sender, to = "".join(_ADDRESS.findall(rest)[:1]), ""
                    self._say("250 2.1.0 ok")
                case "RCPT":
                    to = "".join(_ADDRESS.findall(rest)[:1])
                    self._say(self._recipient(to))
                    to = "" if self._last_refused else to
                case "DATA":
                    if not to:
                        self._say("503 5.5.1 nobody to deliver to")
                        continue
                    self._say("354 go on")
                    if not self._keep(world, sender, to):
                        return
                case "RSET" | "NOOP":
                    self._say("250 2.0.0 ok")
                case "QUIT":
                    self._say("221 2.0.0 bye")
                    return
                case _:
                    self._say("502 5.5.2 not known here")

    _last_refused = False

    def _known(self, rest: str) -> bool:
        given = credentials(self.server.world.keys)
        kind, _, first = rest.partition(" ")
        if kind.upper() == "PLAIN":
            if not first:
                self._say("334 ")
                first = self._line()
            parts = base64.b64decode(first).decode().split("\0")
            return parts[1:] == [given["user"], given["password"]]
        found = []
        for asked in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            if asked == "VXNlcm5hbWU6" and first:
                found.append(first)
                continue
            self._say(f"334 {asked}")
            found.append(self._line())
        return [base64.b64decode(one).decode() for one in found] == [given["user"], given["password"]]

    def _recipient(self, to: str) -> str:
        fault = self.server.world.faults.take({"refuse": ""}, {"provider": "mail", "operation": "mail"})
        self._last_refused = fault is not None or not to
        if fault is not None:
            code = int(fault.get("code", 550))
            return f"{code} {fault.get('text', '5.1.1 no such user here')}"
        return "250 2.1.5 ok" if to else "501 5.1.3 no address"

    def _keep(self, world: World, sender: str, to: str) -> bool:
        """Whether the session goes on."""
        raw = bytearray()
        while (line := self.rfile.readline(65536)) not in (b".\r\n", b".\n", b""):
            raw += line[1:] if line.startswith(b"..") else line
            if len(raw) > _LONGEST:
                self._say("552 5.3.4 too long")
                return False
        about = {"provider": "mail", "operation": "mail"}
        before = world.faults.take({"timeout_before": ""}, about)
        if before is None:
            with world.store.transaction():
                self._store(world, bytes(raw), sender, to)
        after = before or world.faults.take({"timeout_after": ""}, about)
        if after is not None:
            time.sleep(float(after.get("seconds", 30)))
            return False
        self._say("250 2.0.0 kept")
        return True

    @staticmethod
    def _store(world: World, raw: bytes, sender: str, to: str) -> None:
        mail = message_from_bytes(raw, policy=policy.default)
        plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
        message_id = str(mail.get("Message-ID", "")).strip()
        inbox.arrive(
            world, "email", to, str(mail.get("Subject", "")), str(plain.get_content()) if plain else "", html=str(page.get_content()) if page else "", sender=sender,
            message_id=message_id, headers={name: str(value) for name, value in mail.items()},
        )  # fmt: skip


class Catcher(socketserver.ThreadingTCPServer):
    """Listens from the moment it is made; :meth:`start` answers."""

    allow_reuse_address, daemon_threads, block_on_close = True, True, False

    def __init__(self, world: World, host: str, port: int) -> None:
        self.world = world
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Session)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Answer in a thread, until :meth:`stop`."""
        threading.Thread(target=self.serve_forever, args=(0.05,), name="mail", daemon=True).start()

    def stop(self) -> None:
        """No longer."""
        self.shutdown()
        self.server_close()
