# kecs as an image: docker build --tag kecs:0.1.0.dev0 .
# Where no registry can be reached, tools/image/build makes the same layers of what the machine has.
FROM python:3.11-slim AS dependencies
COPY requirements/runtime.txt /
RUN pip install --no-cache-dir --no-compile --no-deps --require-hashes --only-binary :all: \
        --target /opt/kecs --requirement /runtime.txt \
    && python3 -m compileall -q -f --invalidation-mode unchecked-hash /opt/kecs

FROM python:3.11-slim
RUN pip uninstall --yes pip setuptools wheel \
    && groupadd --gid 65532 kecs \
    && useradd --uid 65532 --gid 65532 --home-dir /tmp --no-create-home --shell /sbin/nologin kecs
COPY --from=dependencies /opt/kecs /opt/kecs
COPY src/kecs /opt/kecs/kecs
RUN python3 -m compileall -q -f --invalidation-mode unchecked-hash /opt/kecs/kecs
ENV PYTHONPATH=/opt/kecs PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /tmp
USER 65532:65532
EXPOSE 4566/tcp 9090/tcp
ENTRYPOINT ["python3", "-m", "kecs"]
CMD ["serve"]
