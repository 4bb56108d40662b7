# Etappe as one image for web and worker. PostgreSQL runs elsewhere (docker-compose.yml).
FROM node:22-slim AS assets
WORKDIR /src/web/frontend
COPY web/frontend/package.json web/frontend/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/frontend ./
RUN node build.mjs

FROM python:3.12-slim AS wheel
WORKDIR /src
COPY requirements.lock requirements-dev.lock ./
# The build tool comes from the same lock file as everything else.
RUN python -m venv /opt/build && /opt/build/bin/pip install -q --require-hashes --only-binary=:all: -r requirements-dev.lock
COPY . .
COPY --from=assets /src/web/static/build web/static/build
RUN /opt/build/bin/pip wheel -q --no-deps --no-build-isolation --wheel-dir /wheel . \
    && python -m venv /opt/etappe \
    && /opt/etappe/bin/pip install -q --require-hashes --only-binary=:all: -r requirements.lock \
    && /opt/etappe/bin/pip install -q --no-deps --no-index /wheel/*.whl

FROM python:3.12-slim
RUN useradd --system --home-dir /var/lib/etappe --create-home etappe
COPY --from=wheel /opt/etappe /opt/etappe
COPY LICENSE /usr/share/doc/etappe/
ENV PATH=/opt/etappe/bin:$PATH HOST=0.0.0.0 PORT=8080 ETAPPE_DATA_DIR=/var/lib/etappe PYTHONUNBUFFERED=1
USER etappe
VOLUME /var/lib/etappe
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/v2/status', timeout=4)"]
CMD ["etappe", "serve"]
