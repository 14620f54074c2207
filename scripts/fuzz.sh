#!/usr/bin/env bash
# Fuzzes every target of the module in turn: fuzz.sh [time for each, 10s].
set -euo pipefail
each=${1:-10s}

while IFS=: read -r file name; do
	echo "--- $name in ${file%/*}"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$each" "./${file%/*}"
done < <(git ls-files -co --exclude-standard -- '*_test.go' |
	xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //' | sort)
