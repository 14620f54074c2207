#!/usr/bin/env bash
# Installs the npm packages that the lock files of the named folders list, exactly
# and without running their scripts. Does nothing where they are there.
set -euo pipefail

for folder in "$@"; do
	[ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ] ||
		npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error
done
