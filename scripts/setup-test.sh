#!/usr/bin/env bash
# Installs what the tests need and lack. Root on Debian or Ubuntu gets it by
# apt-get; anyone else is told what is missing. Does nothing when all is there.
set -euo pipefail

postgres_is_here() {
	local dir
	for dir in "$(pg_config --bindir 2>/dev/null || true)" /usr/lib/postgresql/*/bin; do
		[ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && return
	done
	command -v initdb >/dev/null
}

missing=()
postgres_is_here || missing+=(postgresql)
command -v redis-server >/dev/null || missing+=(redis-server)
command -v oathtool >/dev/null || missing+=(oathtool)
command -v promtool >/dev/null || missing+=(prometheus)
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
command -v gcc >/dev/null || missing+=(gcc libc6-dev) # for the race detector

# What the tests take from npm: the certified OpenID provider that provider
# sign-ins are tested against, a second software authenticator for passkeys, and
# the tools of the web pages and of the client's generated types.
packages() {
	local top
	top=$(dirname "$0")
	"$top/npm-packages.sh" "$top"/../{internal/testbed/certified,internal/journey/testdata/emulator,web,web/openapi}
}

if [ ${#missing[@]} -eq 0 ]; then
	packages
	exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "setup-test: the tests need what these Debian packages hold: ${missing[*]}" >&2
	echo "setup-test: as root: apt-get install ${missing[*]}" >&2
	exit 1
fi
echo "setup-test: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
packages
