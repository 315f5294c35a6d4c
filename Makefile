# The two commands: `make run` and `make test`. The others are parts of the second.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PYTEST := $(VENV)/bin/pytest
NODE_MODULES := testing/clients/javascript/node_modules
CONSOLE_MODULES := console/node_modules
CONSOLE_SITE := console/dist/site/index.html
SERVER := target/release/grantry
# What pytest gets besides, such as `make test-clients TESTS="-k tv_064"`.
TESTS ?=
# Inputs for each fuzz target, and which targets; all if none is named.
FUZZ_RUNS ?= 50000
FUZZ_TARGETS ?=

.NOTPARALLEL:
.PHONY: help run build test lint test-rust fuzz test-clients test-console console tools deb clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build the server and run it on ./data; it prints where it listens and its first key
	@exec $(SERVER) serve

build: rust console
	@cargo build --release --locked -p grantry

test: tools console lint test-rust fuzz test-clients test-console ## Everything that CI runs; installs missing tools if it may
	@echo "All tests passed."

lint: rust ## Formatting and clippy, warnings are errors
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test-rust: rust ## Unit, property and documentation tests
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --workspace --locked --no-fail-fast && cargo test --workspace --locked --doc; \
	else \
		cargo test --workspace --locked; \
	fi

fuzz: rust ## Each fuzz target for a fixed number of runs; FUZZ_RUNS=… FUZZ_TARGETS="post_form …"
	@if [ -z "$(FUZZ_TARGETS)" ]; then FUZZ_RUNS=$(FUZZ_RUNS) fuzz/run; fi
	@for target in $(FUZZ_TARGETS); do FUZZ_RUNS=$(FUZZ_RUNS) fuzz/run "$$target"; done

test-clients: build $(VENV)/installed $(NODE_MODULES)/installed ## Real clients against the release binary; TESTS="-k …"
	cd testing/clients && GRANTRY_BINARY="$(CURDIR)/$(SERVER)" "$(CURDIR)/$(PYTEST)" $(TESTS)

console: $(CONSOLE_SITE) ## The web console, which `make build` puts into the server

test-console: build $(VENV)/installed ## The console: types, unit tests, sizes, and journeys in Chromium
	cd console && npm run --silent check && npm run --silent test && npm run --silent sizes
	cd console && AWS_CLI="$(CURDIR)/$(VENV)/bin/aws" GRANTRY_BINARY="$(CURDIR)/$(SERVER)" npm run --silent e2e

tools: ## Install what the tests need besides Rust (Debian packages, as root or with sudo)
	@testing/clients/install-tools

PACKAGE := target/package

deb: build ## The Debian package, with manual pages and completions; needs cargo-deb
	@rm -rf $(PACKAGE) && mkdir -p $(PACKAGE)/completions
	@$(SERVER) man $(PACKAGE)/man
	@$(SERVER) completions bash > $(PACKAGE)/completions/grantry
	@$(SERVER) completions zsh > $(PACKAGE)/completions/_grantry
	@$(SERVER) completions fish > $(PACKAGE)/completions/grantry.fish
	cargo deb --package grantry --no-build

clean: ## Remove everything that was built; ./data stays
	cargo clean
	rm -rf $(VENV) $(NODE_MODULES) $(CONSOLE_MODULES) console/dist/site

.PHONY: rust
rust:
	@command -v cargo >/dev/null || { \
		echo "cargo is not on the PATH. Install Rust with rustup (https://rustup.rs), then run make again." >&2; \
		exit 1; }

$(VENV)/installed: testing/clients/requirements.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is missing; run 'make tools'." >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

$(NODE_MODULES)/installed: testing/clients/javascript/package-lock.json
	cd testing/clients/javascript && npm ci --no-audit --no-fund
	@touch $@

$(CONSOLE_MODULES)/installed: console/package-lock.json console/install-node
	@console/install-node
	cd console && npm ci --no-audit --no-fund
	@touch $@

$(CONSOLE_SITE): $(CONSOLE_MODULES)/installed console/index.html console/vite.config.ts \
		console/scripts/compress.mjs $(shell find console/src console/public -type f 2>/dev/null)
	cd console && npm run --silent build
	@touch $@

# As others find it who are not root: nginx is in a directory that is not on their PATH.
NGINX = $(shell PATH="$$PATH:/usr/sbin" command -v nginx)

.PHONY: bench
bench: build ## Load the release build and show what a request costs; ARGUMENTS="--help" for more
	@cargo build --release --locked -p grantry-bench
	@target/release/grantry-bench --server $(SERVER) $(if $(NGINX),--nginx $(NGINX)) $(ARGUMENTS)
