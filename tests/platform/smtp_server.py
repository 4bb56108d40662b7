"""A mail server on loopback that keeps what it is given, refuses some addresses, or never answers."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class SmtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, behaviour: str = "takes") -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.behaviour = behaviour  # takes, refuses, busy, drips
        self.received: list[tuple[tuple[str, ...], bytes]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def message(self, number: int = -1):
        return message_from_bytes(self.received[number][1], policy=default)


class Session(socketserver.StreamRequestHandler):
    server: SmtpServer

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self.talk()

    def talk(self) -> None:
        if self.server.behaviour == "drips":
            while not self.server.released.wait(0.05):  # one byte now and then: every single read is quick
                self.wfile.write(b"2")
            return
        self.say("220 test")
        to: list[str] = []
        for raw in self.rfile:
            command = raw.decode().strip()
            verb = command[:4].upper()
            if verb == "EHLO":
                self.say("250 test")
            elif verb == "RCPT":
                if self.server.behaviour == "refuses":
                    self.say("550 unknown")
                elif self.server.behaviour == "busy":
                    self.say("451 later")
                else:
                    to.append(command.split("<")[1].rstrip(">"))
                    self.say("250 ok")
            elif verb == "DATA":
                self.say("354 go on")
                lines = []
                while (line := self.rfile.readline()) != b".\r\n":
                    lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                self.server.received.append((tuple(to), b"".join(lines)))
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@contextlib.contextmanager
def smtp_server(behaviour: str = "takes") -> Iterator[SmtpServer]:
    with SmtpServer(behaviour) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
            thread.join()
