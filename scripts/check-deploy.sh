#!/usr/bin/env bash
# Reads what an operator copies, and every script: the compose file against the
# Compose Specification, the Kubernetes manifest, the image's recipe, the proxy's
# settings, the systemd unit, YAML and shell. A checker that is not installed is named
# as skipped, or refused with CHECKERS_REQUIRED=1; `make setup-check` installs them.
# The tests hold the same files against the program.
set -euo pipefail

skipped() {
	echo "check-deploy: SKIPPED $1: $2 is not installed (apt-get install $3)"
	[ "${CHECKERS_REQUIRED:-0}" != 1 ]
}
has() { command -v "$1" >/dev/null; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

go tool -modfile=tools/go.mod github.com/compose-spec/compose-go/v2/cmd -no-interpolation deploy/compose.yaml >/dev/null
echo "check-deploy: compose.yaml is as the specification has it"

# The manifest: no kind and no field that the server does not know, and a reader that
# would have noticed; then what kube-score holds to be critical, but for two things. A
# limit of the processor would stall every request while passwords are checked; an
# image named by its digest needs no second look.
manifest=deploy/kubernetes/sallyport.yaml
tool() { go -C tools/deploy "$@"; }
tool run . "$PWD/$manifest"
sed 's/readinessProbe:/readynessProbe:/' "$manifest" >"$tmp/slip.yaml"
if tool run . "$tmp/slip.yaml" 2>/dev/null; then
	echo "check-deploy: a slip of the pen in the manifest is not noticed" >&2
	exit 1
fi
if ! report=$(tool tool kube-score score --kubernetes-version v1.30 --ignore-container-cpu-limit --ignore-test container-image-pull-policy "$PWD/$manifest"); then
	echo "$report"
	exit 1
fi
echo "check-deploy: $manifest is read strictly, and kube-score finds nothing critical"

scripts/npm-packages.sh tools/dockerfile
tools/dockerfile/node_modules/.bin/dockerfile-utils lint deploy/Dockerfile
echo "check-deploy: dockerfile-utils finds nothing"

if has caddy; then
	if ! report=$(PUBLIC_URL=https://auth.example.org caddy validate --adapter caddyfile --config deploy/Caddyfile 2>&1); then
		echo "$report"
		exit 1
	fi
	echo "check-deploy: caddy takes the Caddyfile"
else
	skipped "the Caddyfile" caddy caddy
fi

# The exposure level is from 0, which is good, to 100.
exposure=15
if has systemd-analyze; then
	sed 's#^ExecStart=\S*#ExecStart=/bin/true#' deploy/sallyport.service >"$tmp/sallyport.service" # the program is not installed here
	systemd-analyze verify --man=no "$tmp/sallyport.service"
	if ! report=$(systemd-analyze security --offline=true --threshold=$exposure "$tmp/sallyport.service"); then
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
