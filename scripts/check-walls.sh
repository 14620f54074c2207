#!/usr/bin/env bash
# Shows that the walls of .golangci.yml stand: lays out a small module that
# breaches each of them once, and refuses if the linter lets one pass. A glob
# that matches no file would be a wall that nobody notices is missing.
set -euo pipefail

linter=$(go tool -modfile=tools/go.mod -n golangci-lint)
house=$(mktemp -d)
trap 'rm -rf "$house"' EXIT
cp .golangci.yml "$house"
module=github.com/sallyport/sallyport

# room | import that its wall refuses
breaches=(
	"internal/app|math/rand"
	"internal/app|math/rand/v2"
	"internal/app|$module/internal/testbed"
	"internal/app|database/sql"
	"internal/ident|$module/internal/message"
	"internal/phone|$module/internal/message"
	"internal/ident|net/http"
	"internal/session|net/http"
	"internal/limit|net/http/httptest"
	"internal/account|$module/internal/store"
	"internal/audit|$module/internal/config"
	"internal/session|$module/internal/httpapi"
	"internal/token|$module/internal/gateway"
	"internal/seal|$module/internal/app"
	"internal/signin|$module/internal/factor/totp"
	"internal/enrolment|$module/internal/factor/totp"
	"internal/factor|$module/internal/factor/totp"
	"internal/provider|$module/internal/provider/oidc"
	"internal/limit|$module/internal/limit/redis"
	"internal/message|$module/internal/message/smtp"
	"internal/bus|$module/internal/bus/redis"
	"internal/httpapi|$module/internal/store"
	"internal/httpapi/middleware|$module/internal/store"
	"internal/gateway|$module/internal/bus/memory"
	"internal/store|$module/internal/config"
	"internal/factor/sms|$module/internal/store"
	"internal/provider/google|$module/internal/config"
	"internal/message/twilio|$module/internal/config"
	"internal/limit/memory|$module/internal/config"
	"internal/bus/nats|$module/internal/config"
)
# room | import that must pass, so that no wall is wider than meant
doors=(
	"internal/httpapi|$module/internal/httpapi/middleware"
	"internal/store|$module/internal/store/queries"
	"internal/store|database/sql"
	"internal/app|$module/internal/config"
	"internal/factor/sms|$module/internal/factor/sms/text"
)
# statements that forbidigo refuses
words=('time.Now()' 'time.Sleep(1)' 'fmt.Println("x")' 'println("x")' 'slog.SetDefault(nil)' 'http.Get("x")')

# file room name import: a package of that room with that import
file() {
	mkdir -p "$house/$1"
	printf '// Package %s is laid out for a check.\npackage %s\n' "${1##*/}" "${1##*/}" >"$house/$1/$2.go"
	if [ -n "${3:-}" ]; then
		printf '\nimport _ "%s"\n' "$3" >>"$house/$1/$2.go"
	fi
}

printf 'module %s\n\ngo 1.26\n' "$module" >"$house/go.mod"
n=0
for case in "${breaches[@]}" "${doors[@]}"; do
	n=$((n + 1))
	file "${case%|*}" "case$n" "${case#*|}"
	case ${case#*|} in "$module"/*) file "$(sed "s|$module/||" <<<"${case#*|}")" empty ;; esac
done
mkdir -p "$house/internal/words"
{
	printf 'package words\n\nimport (\n\t"fmt"\n\t"log/slog"\n\t"net/http"\n\t"time"\n)\n\nfunc said() {\n'
	printf '\t%s\n' "${words[@]}"
	printf '}\n'
} >"$house/internal/words/words.go"

found=$(cd "$house" && "$linter" run --enable-only depguard,forbidigo --issues-exit-code 0 \
	--show-stats=false --output.text.print-issued-lines=false --output.text.path stdout ./...)

failed=0
n=0
for case in "${breaches[@]}"; do
	n=$((n + 1))
	if ! grep -q "^${case%|*}/case$n\.go:.*(depguard)" <<<"$found"; then
		echo "check-walls: nothing stops ${case%|*} from importing ${case#*|}" >&2
		failed=1
	fi
done
for case in "${doors[@]}"; do
	n=$((n + 1))
	if grep "^${case%|*}/case$n\.go:" <<<"$found" >&2; then
		echo "check-walls: ${case%|*} may import ${case#*|}, and was stopped" >&2
		failed=1
	fi
done
for ((i = 0; i < ${#words[@]}; i++)); do
	if ! grep -q "^internal/words/words\.go:$((i + 11)):.*(forbidigo)" <<<"$found"; then
		echo "check-walls: nothing stops ${words[i]}" >&2
		failed=1
	fi
done
if [ $failed -ne 0 ]; then
	exit 1
fi
echo "check-walls: ${#breaches[@]} breaches and ${#words[@]} words refused, ${#doors[@]} doors open"
