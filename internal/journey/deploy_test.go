package journey_test

import (
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/storetest"
	"github.com/sallyport/sallyport/internal/testbed"
)

const (
	deploy    = "../../deploy"
	secretKey = "Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAlertsFire has promtool try every alert on a bad and on a good day.
func TestAlertsFire(t *testing.T) {
	testbed.Promtool(t, deploy+"/prometheus", "check", "config", "prometheus.yml")
	testbed.Promtool(t, deploy+"/prometheus", "test", "rules", "alerts_test.yml")
	tried := read(t, deploy+"/prometheus/alerts_test.yml")
	guide := read(t, "../../docs/deploy.md")
	for _, m := range regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(read(t, deploy+"/prometheus/alerts.yml"), -1) {
		if n := strings.Count(tried, "alertname: "+m[1]+"\n"); n == 0 {
			t.Errorf("%s: alerts_test.yml does not show it firing", m[1])
		}
		if !strings.Contains(tried, "alertname: "+m[1]+", exp_alerts: []") {
			t.Errorf("%s: alerts_test.yml does not show it keeping still", m[1])
		}
		if !strings.Contains(guide, "`"+m[1]+"`") {
			t.Errorf("%s: docs/deploy.md does not say what to do", m[1])
		}
	}
}

// TestAlertsNameMetrics holds the names in the rules against those the program
// gives its metrics.
func TestAlertsNameMetrics(t *testing.T) {
	known := metricNames(t)
	var named int
	for _, name := range regexp.MustCompile(`sallyport_\w+`).FindAllString(read(t, deploy+"/prometheus/alerts.yml"), -1) {
		named++
		if !slices.Contains(known, strings.TrimSuffix(name, "_bucket")) {
			t.Errorf("%s is no metric of this program; it has %q", name, known)
		}
	}
	if named < 10 {
		t.Errorf("metrics in the rules: got %d, want more than ten", named)
	}
}

// TestMetricsAreExplained holds docs/metrics.md against the program, both ways.
func TestMetricsAreExplained(t *testing.T) {
	var explained []string
	for _, m := range regexp.MustCompile("(?m)^\\| `(sallyport_\\w+)` \\|").FindAllStringSubmatch(read(t, "../../docs/metrics.md"), -1) {
		explained = append(explained, m[1])
	}
	slices.Sort(explained)
	if known := metricNames(t); !slices.Equal(explained, known) {
		t.Errorf("docs/metrics.md: got\n%q, want\n%q", explained, known)
	}
}

// metricNames reads the metrics' names out of the source: a counter with labels
// shows itself only once it has counted.
func metricNames(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	whole := regexp.MustCompile(`"(sallyport_\w+[a-z])"`)
	socket := regexp.MustCompile(`(?:ns \+ |counter\()"(\w+)"`)
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text := read(t, path)
		for _, m := range whole.FindAllStringSubmatch(text, -1) {
			names[m[1]] = true
		}
		if strings.Contains(text, `ns = "sallyport_ws_"`) {
			for _, m := range socket.FindAllStringSubmatch(text, -1) {
				names["sallyport_ws_"+m[1]] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(names))
}

// TestDeploymentsAreAccepted starts from the files an operator copies: what they
// set must be settings, with values that the server takes.
func TestDeploymentsAreAccepted(t *testing.T) {
	upper := `[A-Z][A-Z0-9_]+`
	_, rest, _ := strings.Cut(read(t, deploy+"/compose.yaml"), "\n  environment:\n")
	node, _, found := strings.Cut(rest, "\n  networks:")
	if !found {
		t.Fatal("compose.yaml: got no environment of a node")
	}
	tests := map[string][]string{
		"compose": append(
			assignments(`(?m)^ +(`+upper+`): (.+)$`, node),
			assignments(`(?m)^(`+upper+`)=(.*)$`, read(t, deploy+"/compose.env.example"))...),
		"image": append(
			assignments(`\b(`+upper+`)=(\S+)`, regexp.MustCompile(`(?m)^ENV .+$`).FindString(read(t, deploy+"/Dockerfile"))),
			"PUBLIC_URL=https://auth.example.org", "SECRET_KEY="+secretKey, "SMTP_SERVER=smtp.example.org"),
		"kubernetes": append(
			assignments(`(?m)^  (?:# )?(`+upper+`): "?([^" \n]+)"?(?: #.*)?$`, read(t, deploy+"/kubernetes/sallyport.yaml")),
			"SECRET_KEY="+secretKey, "SMTP_PASSWORD=p", "DATABASE_URL=postgres://u:p@db:5432/sallyport?sslmode=verify-full&sslrootcert=/etc/sallyport/ca.pem", "REDIS_URL=rediss://u:p@redis:6380/0"),
		"systemd": assignments(`(?m)^(`+upper+`)=(.*)$`, fenced(t, "env")),
	}
	for name, environ := range tests {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "env")
			if err := os.WriteFile(file, []byte(strings.Join(environ, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load(nil, file)
			if err != nil {
				t.Fatalf("settings: got %v, want nil\n%s", err, strings.Join(environ, "\n"))
			}
			if len(cfg.Unknown) > 0 {
				t.Errorf("unknown settings: got %q, want none", cfg.Unknown)
			}
			if cfg.Local() || len(environ) < 5 {
				t.Errorf("got a local run or too little of the file: %q", environ)
			}
		})
	}
}

// assignments lists NAME=value with what an operator fills in filled in. The
// passwords of compose.env.example are for its other containers.
func assignments(pattern, text string) (out []string) {
	filled := strings.NewReplacer("${POSTGRES_PASSWORD:?set it in deploy/.env}", "p", "${REDIS_PASSWORD:?set it in deploy/.env}", "r")
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		switch m[1] {
		case "POSTGRES_PASSWORD", "REDIS_PASSWORD", "GRAFANA_PASSWORD":
		case "SECRET_KEY":
			out = append(out, "SECRET_KEY="+secretKey)
		default:
			out = append(out, m[1]+"="+filled.Replace(m[2]))
		}
	}
	return out
}

// fenced returns the first block of that kind in docs/deploy.md.
func fenced(t *testing.T, kind string) string {
	t.Helper()
	m := regexp.MustCompile("(?s)```" + kind + "\n(.*?)```").FindStringSubmatch(read(t, "../../docs/deploy.md"))
	if m == nil {
		t.Fatalf("docs/deploy.md has no block of kind %s", kind)
	}
	return m[1]
}

// TestComposeTrustsNobody holds compose.yaml to TLS and passwords on the way to
// PostgreSQL and Redis. That both servers take the files of deploy, and the
// program what certificates.sh makes, is shown by TestTwoNodesOverTLS.
func TestComposeTrustsNobody(t *testing.T) {
	text := read(t, deploy+"/compose.yaml")
	cfg, err := config.Load(assignments(`(?m)^ +(DATABASE_URL|REDIS_URL|REDIS_TLS_CA_FILE): (.+)$`, text), "")
	if err != nil {
		t.Fatal(err)
	}
	database, err := url.Parse(cfg.Database.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	const authority = "/etc/sallyport/ca.pem"
	if q := database.Query(); q.Get("sslmode") != "verify-full" || q.Get("sslrootcert") != authority {
		t.Errorf("OP-09 DATABASE_URL: got %v, want verify-full with an authority", q)
	}
	if redis := cfg.Redis.URL.Reveal(); !strings.HasPrefix(redis, "rediss://:") || cfg.Redis.CAFile != authority {
		t.Errorf("OP-09 Redis: got %s with %q, want TLS with a password and an authority", cfg.Redis.URL, cfg.Redis.CAFile)
	}
	for _, want := range []string{
		"./certificates/ca.pem:" + authority + ":ro",
		"--ssl=on", "--hba_file=/etc/postgresql/pg_hba.conf", "./postgres/pg_hba.conf:/etc/postgresql/pg_hba.conf:ro",
		"./redis/redis.conf:/etc/redis/redis.conf:ro", `requirepass $$REDIS_PASSWORD`, "--tls --cacert",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("compose.yaml: got no %q", want)
		}
	}
	if conf := read(t, deploy+"/redis/redis.conf"); !regexp.MustCompile(`(?m)^port 0$`).MatchString(conf) {
		t.Error("redis.conf: got no `port 0`, which turns plain connections off")
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:\s*- |.*\[")\./(\S+?):`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(deploy + "/" + m[1]); err != nil && !strings.HasPrefix(m[1], "certificates/") {
			t.Errorf("compose.yaml mounts ./%s: %v", m[1], err)
		}
	}
}

// TestKubernetesManifest holds the manifest against the server it starts.
func TestKubernetesManifest(t *testing.T) {
	text := read(t, deploy+"/kubernetes/sallyport.yaml")
	s := start(t, storetest.SQLite(t))
	paths := regexp.MustCompile(`httpGet: \{path: (\S+), port: http\}`).FindAllStringSubmatch(text, -1)
	if len(paths) != 3 {
		t.Errorf("got %d probes, want startup, liveness and readiness", len(paths))
	}
	for _, p := range paths {
		if res, _ := s.raw(t, "GET", p[1], nil, ""); res.StatusCode != 200 {
			t.Errorf("probe %s: got %d, want 200", p[1], res.StatusCode)
		}
	}
	for _, want := range []string{
		"runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false", "drop: [ALL]", "automountServiceAccountToken: false",
		"kind: PodDisruptionBudget", "maxUnavailable: 0", "kind: NetworkPolicy",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got no %q", want)
		}
	}
}
