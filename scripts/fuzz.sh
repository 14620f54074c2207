#!/usr/bin/env bash
# Fuzzes every target of the module in turn: fuzz.sh [time for each, 10s].
# `fuzz.sh list` names them instead, a folder and a target on each line.
set -euo pipefail
cd "$(dirname "$0")/.."
each=${1:-10s}

targets() {
	git ls-files -co --exclude-standard -- '*_test.go' |
		xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed -E 's|/[^/]*:func | |' | sort
}

if [ "$each" = list ]; then
	targets
	exit
fi
targets | while read -r folder name; do
	echo "--- $name in $folder"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$each" "./$folder" </dev/null
done
