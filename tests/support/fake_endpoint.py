"""An OpenAI-compatible endpoint in a thread of the test, which misbehaves as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]
"""Body of a call, as the client sent it."""


@dataclass(frozen=True)
class Answer:
    """What the server sends back: a chat completion with `content`, or `body` as it stands."""

    content: str | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    wait_s: float = 0.0
    finish_reason: str = "stop"
    usage: dict[str, int] | None = field(
        default_factory=lambda: {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    )

    def encoded(self) -> bytes:
        if self.body is not None:
            return self.body
        message = {"role": "assistant", "content": self.content}
        choice = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        completion: dict[str, Any] = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "fake",
            "choices": [choice],
        }
        if self.usage is not None:
            completion["usage"] = self.usage
        return json.dumps(completion).encode("utf-8")


@dataclass
class FakeEndpoint:
    """Where it listens, what it was sent, and how many calls it served at once."""

    base_url: str
    requests: list[Request] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    at_once: int = 0
    released: threading.Event = field(default_factory=threading.Event)


def text_of(request: Request) -> str:
    """All text of a call."""
    parts = []
    for message in request["messages"]:
        content = message["content"]
        parts += [content] if isinstance(content, str) else [p.get("text", "") for p in content]
    return "\n".join(parts)


def picture_of(request: Request) -> str:
    """The data address of the picture of a call."""
    for message in request["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else []:
            if part["type"] == "image_url":
                return str(part["image_url"]["url"])
    raise AssertionError("the call shows no picture")


@contextmanager
def serving(answer: Callable[[Request, int], Answer]) -> Iterator[FakeEndpoint]:
    """Serve calls at 127.0.0.1.

    `answer` gets each call and how many came before it.
    """
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                count = len(fake.requests)
                fake.requests.append(request)
                fake.headers.append({k.lower(): v for k, v in self.headers.items()})
                fake.at_once += 1
                fake.most_at_once = max(fake.most_at_once, fake.at_once)
            reply = answer(request, count)
            if reply.wait_s:
                fake.released.wait(reply.wait_s)
            with lock:
                fake.at_once -= 1
            self._send(reply)

        def _send(self, reply: Answer) -> None:
            body = reply.encoded()
            headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            try:
                self.send_response(reply.status)
                for name, value in (headers | reply.headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # the client had no more patience

        def log_message(self, *args: object) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake = FakeEndpoint(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
