#!/usr/bin/env bash
# Lists the Go modules inside a binary as CycloneDX: scripts/sbom.sh BINARY FILE.
set -euo pipefail

export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
go tool -modfile=tools/sbom/go.mod cyclonedx-gomod bin -json -noserial -output "$2" "$1"
