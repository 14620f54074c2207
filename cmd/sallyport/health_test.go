package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthAsksTheServer(t *testing.T) {
	for status, want := range map[int]string{http.StatusOK: "", http.StatusServiceUnavailable: "not ready: it answers 503"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/health/ready" {
				t.Errorf("path: got %s, want that of the readiness check", r.URL.Path)
			}
			w.WriteHeader(status)
		}))
		var out strings.Builder
		at := strings.TrimPrefix(server.URL, "http://")
		err := healthCmd{}.Run(t.Context(), terminal{strings.NewReader(""), &out, &out}, settings{environ: []string{
			"LISTEN_ADDR=" + at, "HTTP_PROXY=http://192.0.2.1:1", // a proxy must not be asked
		}})
		server.Close()
		if want == "" && (err != nil || out.String() != "ready\n") {
			t.Errorf("%d: got %q, %v, want ready", status, out.String(), err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d: got %v, want %q", status, err, want)
		}
	}
}

func TestHealthFindsTheServer(t *testing.T) {
	for addr, want := range map[string]string{
		":8000": "127.0.0.1:8000", "0.0.0.0:8000": "127.0.0.1:8000", "[::]:8000": "127.0.0.1:8000",
		"127.0.0.1:80": "127.0.0.1:80", "[::1]:80": "[::1]:80", "name:80": "name:80", "127.0.0.1:0": "", "nonsense": "",
	} {
		got, err := nearby(addr)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", addr, got, err, want)
		}
	}
}
