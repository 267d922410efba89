# The service: diagnosis, transcription and diarization over HTTP. Build: docker build -t horus . ; run: docker compose up
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
COPY requirements.service.lock pyproject.toml README.md LICENSE ./
COPY horuslib ./horuslib
RUN python -m venv /opt/horus \
 && /opt/horus/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.service.lock \
 && /opt/horus/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin horus \
 && install -d -o horus -g horus -m 700 /data \
 && install -d -m 755 /models /package
COPY --from=build /opt/horus /opt/horus
ENV PATH=/opt/horus/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    ORT_DISABLE_TELEMETRY=1 \
    HORUS_ROOT=/data \
    MODEL_DIR=/models \
    PACKAGE_DIR=/package \
    PACKAGES= \
    DATA_DIR=/data/service \
    AUTO_UNLOAD_MODELS=true \
    MODEL_IDLE_SECONDS=60 \
    WORKERS=2 \
    CPU_THREADS=1 \
    MAX_QUEUE=500 \
    MAX_SECONDS=14400 \
    MAX_UPLOAD_MB=2048 \
    JOB_TTL=86400 \
    JOB_DEADLINE=14400 \
    DRAIN_SECONDS=30
USER horus
VOLUME ["/data", "/models", "/package"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["horus", "serve", "--host", "0.0.0.0", "--port", "8000"]
