# Etappe as one image for web and worker. PostgreSQL runs elsewhere (docker-compose.yml).
# Debian 12 with its own Python is what `make run` is proven on; Node for the browser assets comes from the lock file.
FROM debian:12-slim AS build
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
# Two environments: one that builds (the build tool comes from the same lock file as everything else), one that runs.
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install -q --no-cache-dir --require-hashes --only-binary=:all: -r requirements-dev.lock \
    && python3 -m venv /opt/etappe \
    && /opt/etappe/bin/pip install -q --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock
COPY . .
RUN /opt/build/bin/python scripts/assets.py \
    && /opt/build/bin/pip wheel -q --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/etappe/bin/pip install -q --no-deps --no-index /wheel/*.whl

FROM debian:12-slim
RUN apt-get update -q \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/etappe --create-home etappe
COPY --from=build /opt/etappe /opt/etappe
COPY LICENSE /usr/share/doc/etappe/
ENV PATH=/opt/etappe/bin:$PATH HOST=0.0.0.0 PORT=8080 ETAPPE_DATA_DIR=/var/lib/etappe PYTHONUNBUFFERED=1
USER etappe
VOLUME /var/lib/etappe
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/v2/status', timeout=4)"]
CMD ["etappe", "serve"]
