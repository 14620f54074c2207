#!/usr/bin/env bash
# Compiles the store's queries for PostgreSQL too, as a type check: the code that
# runs is generated from the SQLite dialect.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/queries"
cp -R internal/store/migrations "$scratch"
cp internal/store/queries/*.sql "$scratch/queries"
cat >"$scratch/sqlc.yaml" <<'YAML'
version: "2"
sql:
  - engine: postgresql
    schema: migrations
    queries: queries
    gen:
      go:
        package: queries
        out: out
YAML
go tool -modfile=tools/go.mod sqlc generate -f "$scratch/sqlc.yaml"
echo "check-sql: $(grep -h '^-- name:' internal/store/queries/*.sql | wc -l) queries compile for PostgreSQL"
