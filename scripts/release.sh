#!/usr/bin/env bash
# Builds what a release hands out, into the folder given: static binaries for each
# platform, what they are made of, and checksums. Everything is built twice, each
# time from a fresh clone in another folder; a byte that differs ends it.
set -euo pipefail

out=$(mkdir -p "$1" && cd "$1" && pwd)
version=${VERSION:-$(git describe --tags --always)}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/arm64}
if [ -n "$(git status --porcelain)" ]; then
	echo "release: commit first; a release is made of what is committed" >&2
	exit 1
fi

scripts/vuln.sh # VULN_REQUIRED=1, as the Makefile sets it, refuses without an answer

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() { # into $work/$1
	local tree=$work/tree-$1
	git clone -q --no-local . "$tree"
	make -s -C "$tree" web
	for p in $platforms; do
		(cd "$tree" && CGO_ENABLED=0 GOOS=${p%/*} GOARCH=${p#*/} go build -trimpath -buildvcs=false \
			-ldflags "-s -w -buildid= -X main.version=$version" -o "$work/$1/sallyport-${p%/*}-${p#*/}" ./cmd/sallyport)
	done
}
build first
build second
for f in "$work"/first/*; do
	cmp "$f" "$work/second/$(basename "$f")" || {
		echo "release: $(basename "$f") is not the same when it is built again" >&2
		exit 1
	}
done

cp "$work"/first/* "$out"
for f in "$work"/first/*; do
	scripts/sbom.sh "$f" "$out/$(basename "$f").cdx.json"
done
(cd "$work/tree-first/web" && npm sbom --sbom-format cyclonedx --sbom-type application) >"$out/web-pages.cdx.json"
(cd "$out" && sha256sum sallyport-* web-pages.cdx.json >SHA256SUMS)
echo "release $version: built twice, byte for byte the same"
cat "$out/SHA256SUMS"
