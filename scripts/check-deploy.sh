#!/usr/bin/env bash
# Reads what an operator copies, and every script: the compose file against the
# Compose Specification, the systemd unit, YAML and shell. A checker that is not
# installed is named as skipped; the tests hold the same files against the program.
set -euo pipefail

skipped() { echo "check-deploy: SKIPPED $1: $2 is not installed (apt-get install $3)"; }
has() { command -v "$1" >/dev/null; }

go tool -modfile=tools/go.mod github.com/compose-spec/compose-go/v2/cmd -no-interpolation deploy/compose.yaml >/dev/null
echo "check-deploy: compose.yaml is as the specification has it"

# The exposure level is from 0, which is good, to 100.
exposure=15
if has systemd-analyze; then
	unit=$(mktemp -d)
	trap 'rm -rf "$unit"' EXIT
	sed 's#^ExecStart=\S*#ExecStart=/bin/true#' deploy/sallyport.service >"$unit/sallyport.service" # the program is not installed here
	systemd-analyze verify --man=no "$unit/sallyport.service"
	if ! report=$(systemd-analyze security --offline=true --threshold=$exposure "$unit/sallyport.service"); then
		echo "$report"
		echo "check-deploy: the unit lets the process do more than before" >&2
		exit 1
	fi
	tail -1 <<<"$report"
else
	skipped "the systemd unit" systemd-analyze systemd
fi

if has shellcheck; then
	git ls-files -z -- '*.sh' .ci | xargs -0 shellcheck --severity=warning
	echo "check-deploy: shellcheck finds nothing"
else
	skipped "scripts" shellcheck shellcheck
fi

if has yamllint; then
	git ls-files -z -- '*.yml' '*.yaml' | xargs -0 yamllint --strict -d '{extends: relaxed, rules: {line-length: disable}}'
	echo "check-deploy: yamllint finds nothing"
else
	skipped "YAML" yamllint yamllint
fi
