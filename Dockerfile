# syntax=docker/dockerfile:1
# Hubbub in a container. One process on SQLite, in a volume:
#   docker build -t hubbub . && docker run -p 8080:8080 -v hubbub:/data --read-only --tmpfs /tmp hubbub
# deploy/ has it behind TLS, and on several machines.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/hubbub
# Dependencies first: a layer that changes with the lock file only.
COPY requirements/server.txt requirements/image.txt requirements/
RUN /opt/hubbub/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/server.txt
# What builds, Node for the web client with it, comes with hashes too, and is left here.
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/image.txt
COPY pyproject.toml hatch_build.py README.md LICENSE CHANGELOG.md ./
COPY web web
COPY src src
RUN /opt/build/bin/pip wheel --disable-pip-version-check --no-index --no-deps --no-build-isolation -w wheel . \
    && /opt/hubbub/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --no-deps wheel/*.whl

FROM python:${PYTHON}-slim-bookworm
RUN groupadd --gid 10001 hubbub && useradd --uid 10001 --gid hubbub --no-create-home --shell /usr/sbin/nologin hubbub \
    && install -d -o hubbub -g hubbub -m 0700 /data
COPY --from=build /opt/hubbub /opt/hubbub
ENV PATH=/opt/hubbub/bin:$PATH PYTHONUNBUFFERED=1 HUBBUB_HOST=0.0.0.0 HUBBUB_DATA=/data HUBBUB_LOG_FORMAT=json
USER 10001:10001
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["hubbub"]
CMD ["serve"]
