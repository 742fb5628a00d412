#!/usr/bin/env bash
# A real Apache Kafka for tests, from Maven Central: no container, no installation.
#
#   scripts/kafka-broker.sh fetch          fetch the broker's jars (once; some 45 MB)
#   scripts/kafka-broker.sh run [PORT]     run a broker in the foreground until Ctrl-C (default port 29092)
#   scripts/kafka-broker.sh where          print the directory of the jars
#
# The tests start brokers of their own from the same jars; `run` is for people.
# KAFKA_LIBS names another directory for the jars, KAFKA_DATA one for `run`'s data.
set -euo pipefail

KAFKA_VERSION=4.1.1
SLF4J_VERSION=1.7.36
MAVEN_PLUGIN=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

root=$(cd "$(dirname "$0")/.." && pwd)
# The SHA-256 of every jar. With a new version: sha256sum *.jar in a directory of jars that you trust.
checksums=$root/scripts/kafka-broker.sha256
libs=${KAFKA_LIBS:-${CARGO_TARGET_DIR:-$root/target}/kafka/libs}

say() { printf 'kafka: %s\n' "$*" >&2; }

need() {
    if ! command -v "$1" >/dev/null 2>&1; then
        say "$1 is missing; $2"
        exit 1
    fi
}

# The pom names the server and one place for its log lines to go; Maven finds the rest.
write_pom() {
    cat >"$1" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rtfm.test</groupId>
  <artifactId>kafka-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>$KAFKA_VERSION</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>$SLF4J_VERSION</version>
    </dependency>
  </dependencies>
</project>
POM
}

# verify DIRECTORY: succeeds if its jars are those of the list, no more and no fewer.
verify() {
    (
        cd "$1"
        sha256sum --check --strict --quiet "$checksums" && diff <(awk '{ print $2 }' "$checksums") <(LC_ALL=C ls -- *.jar)
    ) >&2
}

fetch() {
    if [ -f "$libs/.complete-$KAFKA_VERSION" ]; then
        if ! verify "$libs"; then
            say "$libs has other jars than $checksums names; delete it and fetch again"
            exit 1
        fi
        say "Apache Kafka $KAFKA_VERSION is there already: $libs"
        return
    fi
    need java 'install a Java runtime of version 17 or newer, for instance: apt-get install openjdk-17-jre-headless'
    need mvn 'install Apache Maven, for instance: apt-get install maven'
    mkdir -p "$(dirname "$libs")"
    # Into a directory of its own first, so that an interrupted download never looks complete.
    local work
    work=$(mktemp -d "$(dirname "$libs")/fetch.XXXXXX")
    # shellcheck disable=SC2064 # the directory of now is meant
    trap "rm -rf '$work'" EXIT
    write_pom "$work/pom.xml"
    say "fetching Apache Kafka $KAFKA_VERSION from Maven Central"
    mvn --batch-mode --quiet --strict-checksums --file "$work/pom.xml" "$MAVEN_PLUGIN:copy-dependencies" \
        -DincludeScope=runtime -DoutputDirectory="$work/libs"
    if ! verify "$work/libs"; then
        say "Maven Central sent other jars than $checksums names; nothing is installed"
        exit 1
    fi
    touch "$work/libs/.complete-$KAFKA_VERSION"
    rm -rf "$libs"
    mv "$work/libs" "$libs"
    say "ready: $libs"
}

run() {
    local port=${1:-29092}
    need java 'install a Java runtime of version 17 or newer, for instance: apt-get install openjdk-17-jre-headless'
    fetch
    local data=${KAFKA_DATA:-${CARGO_TARGET_DIR:-$root/target}/kafka/data-$port}
    local properties=$data/server.properties
    mkdir -p "$data"
    cat >"$properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$data/log
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
PROPERTIES
    if [ ! -f "$data/log/meta.properties" ]; then
        local cluster
        cluster=$(java -cp "$libs/*" kafka.tools.StorageTool random-uuid)
        java -cp "$libs/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
            kafka.tools.StorageTool format --standalone --cluster-id "$cluster" --config "$properties" >&2
    fi
    say "KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:$port (data in $data)"
    exec java -Xmx512m -cp "$libs/*" -Dorg.slf4j.simpleLogger.defaultLogLevel=warn kafka.Kafka "$properties"
}

case ${1:-} in
    fetch) fetch ;;
    run) run "${2:-}" ;;
    where) printf '%s\n' "$libs" ;;
    *)
        sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
        exit 2
        ;;
esac
