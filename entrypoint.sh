#!/bin/sh
# What every container runs first: the services wait for Kafka and make sure of their topics, then take
# this process's place, so that signals reach them.
set -eu

if [ "$#" -eq 0 ]; then
    echo "entrypoint: no command; give one of rtfm-bot, rtfm-processor, rtfm" >&2
    exit 2
fi

case "$1" in
rtfm-bot | rtfm-processor)
    if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
        # Waits a bounded time and fails loudly in the end, so that the restart policy decides. Topics that
        # differ from the catalogue are named with the remedy and do not keep the service from starting:
        # a cluster's owner may keep records longer, or have more partitions.
        rtfm topics create --tries "${KAFKA_WAIT_TRIES:-30}" || {
            code=$?
            echo "entrypoint: the topics are not ready, so $1 is not started" >&2
            exit "$code"
        }
    fi
    ;;
esac

exec "$@"
