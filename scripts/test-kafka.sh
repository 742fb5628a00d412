#!/usr/bin/env bash
# What must hold over a real Apache Kafka: the bus contract, the whole system with its binaries as separate
# processes, and everything that may go wrong beneath them.
#
# The Kafka is the one that KAFKA_BOOTSTRAP_SERVERS names; else one from Docker Compose, where a Docker engine
# answers; else brokers of the tests' own, from jars that Maven fetches (java 17). Tests that stop and kill a
# broker always need one of their own; where only a named one is to be had, they are left out and say so.
# A store that QDRANT_URL names is used where a test does not need one of its own.
# FAULT_SEED repeats what an earlier run left to chance.
# At the end it counts and lists what was left out. Ends with 77 where there is no Kafka to test against.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }
engine() { have docker && docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1; }

# Bounded: a registry that does not answer must not hold everything up.
limit=$(command -v timeout || true)
compose() {
    ${limit:+"$limit" --foreground 600} docker compose \
        --file scripts/test-kafka.compose.yml --project-name "rtfm-test-$$" "$@"
}

# A port that nobody uses now.
free_port() {
    local port
    for port in $(shuf --input-range=20000-29999 --head-count=50); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
    say "no free port for Kafka" >&2
    return 1
}

jars() { have java && scripts/kafka-broker.sh fetch; }

log=$(mktemp)
is_up=
cleanup() {
    rm -f "$log"
    [ -z "$is_up" ] || compose down --volumes --timeout 5
}
trap cleanup EXIT

# Whether Docker Compose runs a Kafka now; KAFKA_TEST_PORT is its port.
started() {
    engine || return 1
    KAFKA_TEST_PORT=$(free_port) || return 1
    export KAFKA_TEST_PORT
    is_up=1
    if compose up --detach --wait; then return; fi
    compose down --volumes --timeout 5 || true
    is_up=
    say "Docker Compose cannot start a Kafka (is Docker Hub out of reach?)"
    return 1
}

if [ -n "${KAFKA_BOOTSTRAP_SERVERS:-}" ]; then
    say "Kafka: $KAFKA_BOOTSTRAP_SERVERS (KAFKA_BOOTSTRAP_SERVERS)"
    jars || say "tests that need a broker of their own are left out: no java, no mvn or no jars"
elif started; then
    say "Kafka: one from Docker Compose on port $KAFKA_TEST_PORT"
    export KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:$KAFKA_TEST_PORT
    jars || say "tests that need a broker of their own are left out: no java, no mvn or no jars"
elif jars; then
    say "Kafka: brokers of the tests' own"
else
    say "there is no Kafka to test against: set KAFKA_BOOTSTRAP_SERVERS, or start Docker, or install java 17 and mvn" >&2
    exit 77
fi

# From here on, a test that finds no Kafka fails instead of being left out.
export REQUIRE_KAFKA=1
cargo=${CARGO:-cargo}

# Runs these tests and keeps what they print: a test that is left out says so there.
run_tests() { "$cargo" test "$@" 2>&1 | tee -a "$log"; }

say "building"
"$cargo" build --workspace --bin rtfm-bot --bin rtfm-processor
system=(-p rtfm-e2e --test suite)
bus=(-p rtfm-shared -p rtfm-testkit --test suite)
"$cargo" test "${bus[@]}" --no-run
"$cargo" test "${system[@]}" --no-run

say "the bus contract, and what only Kafka does"
run_tests "${bus[@]}" -- kafka:: --nocapture

say "the whole system over Kafka"
run_tests "${system[@]}" -- kafka --skip processes:: --nocapture

say "the binaries as separate processes, with faults under them"
run_tests "${system[@]}" -- processes:: --include-ignored --test-threads=1 --nocapture

# A test that is left out passes; here is what those passes do not say.
left_out=$(grep --only-matching --extended-regexp '(kafka: )?left out[:( ].*' "$log" || true)
count=$(printf '%s' "$left_out" | grep --count '' || true)
say "left out: $count"
[ -z "$left_out" ] || printf '%s\n' "$left_out" | sort | uniq --count
