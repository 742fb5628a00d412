# One image for all services: rtfm, rtfm-bot and rtfm-processor. Which one runs is the container's command.

FROM rust:1.95.0-slim-trixie@sha256:e14e87345b4d5964ddcc3491d27ee046a0f23820f340c3c1e24da6880141f7c0 AS build
# librdkafka and SQLite are compiled from source by their crates; librdkafka takes the system's OpenSSL.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ libssl-dev make perl pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# The caches hold what the dependencies are built to, so a change of our own code builds our own code alone.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --features kafka-tls,local-embeddings,otel -p rtfm-cli -p rtfm-bot -p rtfm-processor --bins \
    && install -D -t /out target/release/rtfm target/release/rtfm-bot target/release/rtfm-processor

FROM debian:trixie-20260918-slim@sha256:a99cfc517144bc59b1978475ec53b46ecabec7e43635402ee5b77cc54cd1b20a
# The certificates of Discord, Gemini and a hosted Kafka or Qdrant are checked against the system's roots.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3t64 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home rtfm \
    # A volume that is mounted here begins as what is here: its owner counts.
    && install --directory --owner=rtfm /data/models
COPY --from=build /out/ /usr/local/bin/
COPY --chmod=0755 entrypoint.sh /usr/local/bin/entrypoint.sh
# As a number, so that an orchestrator can see that it is not root.
USER 10001
WORKDIR /data
ENV RTFM_DATA_DIR=/data HTTP_ADDR=0.0.0.0:9600
VOLUME /data
EXPOSE 9600
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["rtfm", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["entrypoint.sh"]
CMD ["rtfm", "up"]
