# RTFM. `make` alone lists what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
DOCKER ?= docker
COMPOSE ?= $(DOCKER) compose
N ?= 2
# The evaluation files of `make eval`, and its options.
SETS ?= $(wildcard eval/sets/*.json)
EVAL ?=

# Every shell script there is.
SCRIPTS := entrypoint.sh .ci/run $(wildcard scripts/*.sh)

.PHONY: help demo check test test-kafka fuzz build lint sbom bench eval setup init up down restart logs logs-processor logs-all status scale \
        init-topics list-topics pin-images clean need-rust need-docker

help: ## List the targets
	@echo "RTFM: a memory for Discord servers"
	@echo
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

##### On this machine, nothing else running

demo: need-rust ## Build, import a sample server, answer three questions, then yours (no keys, no network)
	@$(CARGO) build -p rtfm-cli --bin rtfm
	@$(CARGO) run -q -p rtfm-cli --bin rtfm -- up --demo

check: need-rust ## Check formatting, clippy and unit tests: the quick look before a commit
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings
	@$(CARGO) test --workspace --lib

test: need-rust ## Run the whole test suite
	@$(CARGO) test --workspace

test-kafka: need-rust ## Run the Kafka and fault suites against a real broker (some minutes)
	@CARGO="$(CARGO)" scripts/test-kafka.sh

fuzz: need-rust ## Fuzz what reads untrusted bytes, ten minutes a target: make fuzz FUZZ_SECONDS=60 FUZZ_TARGETS=masking
	@CARGO="$(CARGO)" scripts/fuzz.sh

build: need-rust ## Build everything for production, into target/release
	@$(CARGO) build --release --workspace --bins

lint: need-rust ## Check formatting, clippy, dependencies (cargo-deny) and shell scripts (shellcheck)
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --workspace --all-targets -- -D warnings
	@if scripts/cargo-tool.sh has deny; then scripts/check-dependencies.sh || [ $$? -eq 77 ]; \
	else echo "cargo-deny is missing in its version (scripts/cargo-tool.sh install deny): dependencies NOT checked"; fi
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); \
	else echo "shellcheck is missing (Debian and Ubuntu: apt-get install shellcheck): scripts NOT checked"; fi

sbom: need-rust ## List what the programs are made of (CycloneDX), into target/sbom
	@scripts/sbom.sh

bench: need-rust ## Measure throughput, latency and memory
	@$(CARGO) build --release -p rtfm-cli -p rtfm-bot -p rtfm-processor
	@model=; ! scripts/local-model.sh fetch || model=$$(scripts/local-model.sh where); \
	LOCAL_MODEL_DIR=$$model $(CARGO) run --release -p rtfm-bench --features local-embeddings

eval: need-rust ## Measure retrieval on evaluation files: make eval SETS=mine.json EVAL="--withhold --k 5"
	@$(CARGO) build --release -q -p rtfm-cli --bin rtfm
	@for set in $(SETS); do $(CARGO) run --release -q -p rtfm-cli --bin rtfm -- eval "$$set" $(EVAL); echo; done

clean: ## Remove what was built
	@$(CARGO) clean

##### With Docker: Kafka, Qdrant, the bot and processors

setup: ## Make .env from .env.example, with random keys for Qdrant and Grafana; never overwrites one
	@if [ -e .env ]; then echo ".env is there already; left as it is"; exit 0; fi; \
	key() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }; \
	umask 077; sed -e "s/^QDRANT_API_KEY=$$/&$$(key)/" -e "s/^GRAFANA_PASSWORD=$$/&$$(key)/" .env.example >.env.new; \
	mv .env.new .env; echo "made .env: now fill in DISCORD_TOKEN and GEMINI_API_KEY"

init: setup ## The same as setup

up: need-docker setup ## Build the image and start everything
	@$(COMPOSE) up --build --detach

down: need-docker ## Stop everything; what was stored stays
	@$(COMPOSE) down

restart: need-docker ## Restart the bot and the processors
	@$(COMPOSE) restart bot processor

logs: need-docker ## Follow the bot's log
	@$(COMPOSE) logs --follow --tail=100 bot

logs-processor: need-docker ## Follow the processors' logs
	@$(COMPOSE) logs --follow --tail=100 processor

logs-all: need-docker ## Follow every log
	@$(COMPOSE) logs --follow --tail=100

status: need-docker ## Show what runs and whether it is healthy
	@$(COMPOSE) ps --all

scale: need-docker ## Run N processors: make scale N=4
	@[[ "$(N)" =~ ^[0-9]+$$ ]] || { echo "N must be a number: make scale N=4" >&2; exit 2; }
	@$(COMPOSE) up --detach --no-recreate --scale processor=$(N) processor

init-topics: need-docker ## Create the topics on the running Kafka
	@$(COMPOSE) run --rm --no-deps processor rtfm topics create

list-topics: need-docker ## List the topics of the running Kafka
	@$(COMPOSE) run --rm --no-deps processor rtfm topics list

pin-images: ## Pin the images of others to the digests that their tags have now (asks their registries)
	@DOCKER="$(DOCKER)" scripts/pin-images.sh

##### What the above need

need-rust:
	@command -v $(CARGO) >/dev/null || { echo "cargo is missing. Get Rust from https://rustup.rs: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh" >&2; exit 1; }
	@command -v "$${CC:-cc}" >/dev/null || { echo "a C compiler ($${CC:-cc}) is missing. Debian and Ubuntu: sudo apt-get install build-essential; Fedora: sudo dnf install gcc gcc-c++ make; macOS: xcode-select --install" >&2; exit 1; }

need-docker:
	@command -v $(firstword $(DOCKER)) >/dev/null || { echo "docker is missing. Get it from https://docs.docker.com/get-docker/, or run without it: make demo, rtfm up" >&2; exit 1; }
	@$(COMPOSE) version >/dev/null 2>&1 || { echo "docker's compose plugin is missing. Get it from https://docs.docker.com/compose/install/" >&2; exit 1; }
	@$(DOCKER) info >/dev/null 2>&1 || { echo "no Docker engine answers. Start it (Linux: sudo systemctl start docker; else Docker Desktop), see that you may use it (docker info), and that DOCKER_HOST is right" >&2; exit 1; }
