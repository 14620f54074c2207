#!/usr/bin/env bash
# Installs the checkers that scripts/check-deploy.sh can use and that are lacking. Root
# on Debian or Ubuntu gets them by apt-get. Elsewhere, or without the network, it says
# so and goes on: check-deploy names what it skips.
set -euo pipefail

missing=()
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v yamllint >/dev/null || missing+=(yamllint)
command -v systemd-analyze >/dev/null || missing+=(systemd)
command -v caddy >/dev/null || missing+=(caddy)

[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup-check: some checks are skipped without these Debian packages: ${missing[*]}"
	exit 0
fi

# A package may start a server once it is installed; checking needs none.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
fi
echo "setup-check: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; }; then
	echo "setup-check: they could not be installed; some checks are skipped"
fi
