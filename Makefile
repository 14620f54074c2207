# Each step of CI is one target here and does the same at home. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

GO ?= go
TOOL := $(GO) tool -modfile=tools/go.mod
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
TESTFLAGS ?= -race
# What the race detector leaves alone, since it would take two thirds of the time of all tests: the memory of a
# hash, which argon2 shares with nobody, and SQLite, which is translated C with memory of its own.
UNWATCHED := -gcflags=golang.org/x/crypto/argon2=-race=false -gcflags=modernc.org/sqlite/lib=-race=false
FUZZTIME ?= 10s

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Build and run

.PHONY: run
run: build ## build and start the server: SQLite in ./data, mail and SMS in the dev inbox
	bin/sallyport serve

.PHONY: build
build: web binary ## build bin/sallyport, one static file with the web pages inside

.PHONY: binary
binary: ## build bin/sallyport with the web pages that are in web/dist
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/sallyport ./cmd/sallyport

.PHONY: web
web: ## build the web pages into web/dist
	scripts/npm-packages.sh web
	rm -rf web/dist/*
	npm run --silent --prefix web build

.PHONY: generate
generate: ## write every generated file anew
	$(TOOL) sqlc generate -f internal/store/sqlc.yaml
	$(GO) run ./internal/config/gen
	$(GO) run ./internal/app/gen
	$(GO) run ./internal/assurance/gen
	scripts/npm-packages.sh web/openapi
	npm run --silent --prefix web/openapi generate

## Test

.PHONY: test
test: test-go test-web ## run every test, on real services

.PHONY: test-go
test-go: setup-test web ## run the Go tests
	$(GO) test -timeout 20m $(TESTFLAGS) $(UNWATCHED) ./...

.PHONY: test-web
test-web: setup-test build ## run the TypeScript tests, and the journeys in a real browser on the built program
	npm run --silent --prefix web test
	npm run --silent --prefix web browser

.PHONY: setup-test
setup-test: ## install the services and programs that the tests need
	scripts/setup-test.sh

.PHONY: screenshots
screenshots: setup-test build ## take the pictures of docs/images anew
	SCREENSHOTS=1 npm run --silent --prefix web browser -- --project=sqlite sign-in account administration

.PHONY: assurance
assurance: setup-test web ## run the Go tests and write bin/assurance.md: each guarantee, its tests, how they ended
	mkdir -p bin
	$(GO) test -json -timeout 20m ./... > bin/tests.json || true
	$(GO) run ./internal/assurance/gen bin/tests.json > bin/assurance.md
	@grep -c ' pass' bin/assurance.md; ! grep -E ' (fail|skip)' bin/assurance.md

.PHONY: release
release: ## build what a release hands out into bin/release, twice and the same, with lists of parts and checksums
	VULN_REQUIRED=$${VULN_REQUIRED:-1} scripts/release.sh bin/release

ROUNDS ?= 3

.PHONY: bench
bench: setup-test web ## run the benchmarks ROUNDS times (3, five minutes each) and write the table of ratios
	for _ in $$(seq $(ROUNDS)); do \
		$(GO) test -count=1 -run '^$$' -bench . -skip '^BenchmarkCluster$$' -benchmem ./...; \
	done | $(GO) run ./internal/bench/table

.PHONY: bench-cluster
bench-cluster: setup-test web ## measure what 1, 2 and 4 nodes cost on one PostgreSQL and one Redis (3 minutes)
	$(GO) test -run '^$$' -bench . -benchtime 1x ./internal/bench/cluster | $(GO) run ./internal/bench/table cluster

GROWTH ?= 10000,100000

.PHONY: bench-growth
bench-growth: setup-test web ## measure what requests and jobs cost among as many people as GROWTH says, against the fewest
	$(GO) test -count=1 -timeout 120m -v ./internal/bench/growth -growth $(GROWTH)

.PHONY: faults
faults: setup-test web ## break the running program on purpose, longer than `make test` does
	$(GO) test -count=1 -timeout 40m -v ./internal/faults -long

.PHONY: timing
timing: setup-test web ## measure whether the time of an answer tells who has an account; wants an idle machine
	$(GO) test -count=1 -timeout 90m -v -run TestTiming ./internal/timing -measure

.PHONY: fuzz
fuzz: ## fuzz every fuzz target for FUZZTIME each (10s)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: fuzz-nightly
fuzz-nightly: FUZZTIME := 60s
fuzz-nightly: fuzz ## fuzz every fuzz target for a minute each

## Check

.PHONY: check
check: check-format check-tidy check-generated check-sql check-deploy vet lint check-walls check-web vuln ## everything that reads the code instead of running it

.PHONY: format
format: ## format the Go and TypeScript code
	$(TOOL) golangci-lint fmt
	npm run --silent --prefix web format

.PHONY: check-format
check-format: ## refuse code that is not formatted
	$(TOOL) golangci-lint fmt --diff

.PHONY: check-tidy
check-tidy: ## refuse a go.mod that says more or less than the code
	$(GO) mod tidy -diff
	$(GO) mod verify

.PHONY: check-generated
check-generated: ## refuse generated files that are not what `make generate` writes
	scripts/check-generated.sh

.PHONY: check-sql
check-sql: ## compile the queries for PostgreSQL too
	scripts/check-sql.sh

.PHONY: setup-check
setup-check: ## install the checkers that check-deploy can use
	scripts/setup-check.sh

.PHONY: check-deploy
check-deploy: ## lint what an operator copies, and scripts, as far as there are checkers
	scripts/check-deploy.sh

.PHONY: vet
vet: ## go vet
	$(GO) vet ./...

.PHONY: lint
lint: ## golangci-lint, with the walls between rooms (.golangci.yml)
	$(TOOL) golangci-lint config verify
	$(TOOL) golangci-lint run

.PHONY: check-walls
check-walls: ## show each wall of .golangci.yml refusing a breach
	scripts/check-walls.sh

.PHONY: check-web
check-web: ## format, lint, import walls and types of the TypeScript code
	scripts/npm-packages.sh web
	npm run --silent --prefix web check

.PHONY: vuln
vuln: ## look for known vulnerabilities; VULN_REQUIRED=1 refuses to go on without an answer
	scripts/vuln.sh

.PHONY: clean
clean: ## remove what was built; ./data stays
	rm -rf bin web/dist/* coverage*
