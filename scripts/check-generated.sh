#!/usr/bin/env bash
# Writes the generated files anew and refuses if that changes any file. The state
# before is compared, not the last commit: unfinished work is not in the way.
set -euo pipefail

state() { git ls-files -co --exclude-standard -z | xargs -0 sha256sum 2>/dev/null || true; }

before=$(state)
make --no-print-directory generate
if ! changed=$(diff <(echo "$before") <(state)); then
	echo "check-generated: these files are not what 'make generate' writes (they are now):" >&2
	sed -n 's/^[<>] [0-9a-f]*  /  /p' <<<"$changed" | sort -u >&2
	exit 1
fi
