"""Plain HTTP requests with basic authentication."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "demo"


class Caller:
    """Sends requests through Flask's test client."""

    def __init__(self, flask: Flask) -> None:
        self.test = flask.test_client()

    def __call__(self, method: str, path: str, body: Any = None, *, login: str | None = "verwaltung", password: str = PASSWORD, **kw: Any) -> TestResponse:
        headers = dict(kw.pop("headers", {}))
        if login is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()
        if body is not None:
            kw["data"] = body if isinstance(body, bytes) else json.dumps(body).encode()
            kw.setdefault("content_type", "application/json")
        return self.test.open(path, method=method, headers=headers, **kw)

    def deploy(self, *files: tuple[str, bytes], login: str = "verwaltung") -> TestResponse:
        return self("POST", "/v2/deployments", login=login, content_type="multipart/form-data",
                    data={"resources": [(io.BytesIO(data), name) for name, data in files]})
