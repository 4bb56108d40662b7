"""The server under measurement, a process of its own: the product, and below ``/boden`` the floor."""

from __future__ import annotations

import sys

import waitress
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from services import bootstrap
from services.settings import Settings
from tests.bench.floor import create_floor
from web.app import create_app


class Mount(DispatcherMiddleware):
    """Paths keep their prefix: the floor's route names it itself."""

    def __call__(self, environ, start_response):
        target = self.mounts["/boden"] if environ["PATH_INFO"].startswith("/boden/") else self.app
        return target(environ, start_response)


def main() -> None:
    settings = Settings.from_environment()
    product = create_app(bootstrap.build(settings))
    waitress.serve(Mount(product, {"/boden": create_floor(settings)}), host="127.0.0.1", port=int(sys.argv[1]), threads=4, ident="", _quiet=True)


if __name__ == "__main__":
    main()
