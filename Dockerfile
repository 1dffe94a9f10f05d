# The dashboard, without root and on a read-only root: `docker compose up`, or see README.md.
FROM python:3.11-slim AS build
# Where torch comes from: the CPU wheels, gigabytes smaller than what the public registry has for Linux x86-64.
# Another index takes a CUDA build; empty takes what the registry has.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /app
COPY requirements.txt .
# torch alone from its index, everything that it needs from the registry; then the pin is satisfied. With the optional
# packages: nobody can install them later into a read-only root. Without 350 MB of the packages' own tests and headers.
RUN python -m venv --without-pip /venv \
 && if [ -n "$TORCH_INDEX" ]; then \
      python -m pip --python /venv/bin/python install --no-deps --index-url "$TORCH_INDEX" "$(grep ^torch== requirements.txt)"; \
    fi \
 && python -m pip --python /venv/bin/python install --requirement requirements.txt \
      'pooch>=1.8' 'tokenizers>=0.20' 'wfdb>=4.1' 'captum>=0.7,!=0.8.*' \
 && find /venv -type d \( -name tests -o -path '*/torch/test' -o -path '*/torch/include' \) -prune -exec rm -rf {} + \
 && find /venv -path '*/torch/bin/test_*' -delete
# The code stays outside of the environment, so that a change of it leaves the large layer alone. It is compiled
# here: on a read-only root every start would do it again.
COPY app.py .
COPY pages pages
COPY kann kann
COPY docs/glossary.md docs/glossary.md
COPY .streamlit .streamlit
RUN rm requirements.txt && /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash kann

FROM python:3.11-slim
# Nothing is installed in a running container; /cache is there for a named volume, which takes over its owner.
RUN rm -rf /usr/local/lib/python3.*/site-packages/* /usr/local/bin/pip* \
 && groupadd --gid 10001 kann \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin kann \
 && mkdir /data \
 && install --directory --owner=10001 --group=10001 /cache
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# Variables outrank .streamlit/config.toml, which listens on this machine only: here that would be the container.
# Without a browser address Streamlit asks a server outside for its own when it starts.
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    KANN_CACHE_DIR=/tmp/kann \
    KANN_DATA_DIR=/data \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501
USER 10001:10001
EXPOSE 8501
# http.client, since urllib would ask a proxy of the environment.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "from http.client import HTTPConnection; c = HTTPConnection('127.0.0.1', 8501, timeout=4); c.request('GET', '/_stcore/health'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["streamlit", "run", "app.py"]
