package testbed

import (
	"fmt"
	"net/http"
	"os/exec"
	"testing"
	"time"
)

// Prometheus runs a Prometheus of this test's own with that configuration and
// returns its address; it is gone when the test ends.
func Prometheus(tb testing.TB, config string) string {
	tb.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil {
		tb.Fatal(missing("prometheus", "prometheus"))
	}
	p, err := newProcess("TERM")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.stop(false) })
	url, err := startPrometheus(p, program, config)
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

func startPrometheus(p *process, program, config string) (url string, err error) {
	if err := p.write("prometheus.yml", config); err != nil {
		return "", err
	}
	for range 3 { // another process may be quicker to take the port
		port, err := freePort()
		if err != nil {
			return "", err
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		if err = p.start(program, "--config.file=prometheus.yml", "--storage.tsdb.path=tsdb", "--web.listen-address="+address); err != nil {
			return "", err
		}
		if err = p.await(30*time.Second, func() error { return ready("http://" + address + "/-/ready") }); err == nil {
			return "http://" + address, nil
		}
		p.stop(true)
	}
	return "", fmt.Errorf("testbed: prometheus does not start")
}

// ready reports whether that address answers 200.
func ready(url string) error {
	res, err := (&http.Client{Timeout: time.Second}).Get(url)
	if err != nil {
		return err
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("testbed: %s: got status %d", url, res.StatusCode)
	}
	return nil
}
