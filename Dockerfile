# syntax=docker/dockerfile:1
# One image for every process of a deployment; `deployment/serve` becomes each of them.
#
# The root file system may be read-only: only /var/lib/indextracker and /tmp are written to.

FROM python:3.12.8-slim-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /opt/indextracker
RUN python -m venv .venv && .venv/bin/python -m pip install --no-cache-dir uv==0.13.9
COPY deployment/requirements.lock deployment/requirements.lock
RUN .venv/bin/uv pip install --no-cache --compile-bytecode --require-hashes \
    --python .venv/bin/python -r deployment/requirements.lock
COPY . .
# Hatchling builds an editable install, so that the folders stay where the sources have them.
RUN .venv/bin/uv pip install --no-cache hatchling==1.27.0 editables==0.5 \
 && .venv/bin/uv pip install --no-cache --python .venv/bin/python --no-deps --no-build-isolation -e . \
 && .venv/bin/python -m compileall -q catalogue dashboard indextracker indextracker_assets \
    indextracker_cli numerics simulator spark
# Every run would compile the dbt project anew, for twenty seconds.
RUN XDG_CACHE_HOME=/opt/cache .venv/bin/python -c \
    "from indextracker.warehouse.dbt_runs import prepare; prepare()"

FROM python:3.12.8-slim-bookworm
LABEL org.opencontainers.image.title="IndexTracker" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /var/lib/indextracker \
    --shell /usr/sbin/nologin indextracker \
 && install -d -o indextracker -g indextracker /var/lib/indextracker /var/lib/indextracker/dagster
COPY --from=build /opt /opt
ENV DAGSTER_HOME=/var/lib/indextracker/dagster \
    HOME=/var/lib/indextracker \
    PATH=/opt/indextracker/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/opt/cache
WORKDIR /var/lib/indextracker
# Fargate gives a volume to root unless the image says whose it is.
VOLUME ["/var/lib/indextracker", "/tmp"]
USER 10001:10001
ENTRYPOINT ["/opt/indextracker/deployment/serve"]
CMD ["webserver"]
HEALTHCHECK --interval=60s --timeout=60s --start-period=300s --retries=3 \
    CMD ["/opt/indextracker/deployment/serve", "healthy"]
