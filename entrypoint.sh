#!/bin/sh
# What every container runs first: the services wait for Kafka and make sure of their topics, then take
# this process's place, so that signals reach them.
set -eu

case "${1:-}" in
rtfm-bot | rtfm-processor)
    if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
        # Tries about once a second and fails loudly in the end, so that the restart policy decides.
        rtfm topics create --tries "${KAFKA_WAIT_TRIES:-30}"
    fi
    ;;
esac

exec "$@"
