package provider_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/provider"
)

func TestClientIsBounded(t *testing.T) {
	big := strings.Repeat("x", provider.MaxBody)
	mux := http.NewServeMux()
	mux.HandleFunc("/fits", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `"`+big[:provider.MaxBody-2]+`"`)
	})
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `"`+big+`"`) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/fits", http.StatusFound) })
	mux.HandleFunc("/html", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	mux.HandleFunc("/no", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	client := provider.NewClient(nil)
	if client.Timeout != provider.Budget {
		t.Errorf("OA-13 time-out: got %v, want %v", client.Timeout, provider.Budget)
	}
	for _, tc := range []struct {
		path string
		want error
	}{
		{"/fits", nil},
		{"/long", provider.ErrUnavailable},
		{"/away", provider.ErrUnavailable},
		{"/busy", provider.ErrUnavailable},
		{"/html", provider.ErrRejected},
		{"/no", provider.ErrRejected},
	} {
		t.Run("OA-13 "+tc.path, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tc.path+"?secret=1", nil)
			if err != nil {
				t.Fatal(err)
			}
			var v string
			err = provider.FetchJSON(client, req, &v)
			if !errors.Is(err, tc.want) {
				t.Errorf("FetchJSON: got %v, want %v", err, tc.want)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), server.URL)) {
				t.Errorf("OA-15 the error names the address: %v", err)
			}
		})
	}
}

func TestRegistry(t *testing.T) {
	if _, err := provider.NewRegistry(&plug{name: "alpha"}, &plug{name: "alpha"}); err == nil {
		t.Error("one name twice: got no error, want one")
	}
	for _, name := range []string{"Alpha", "a b", "1a", "-a", "a/b", "a.b", strings.Repeat("a", 33)} {
		if _, err := provider.NewRegistry(&plug{name: name}); err == nil {
			t.Errorf("the name %q: got no error, want one", name)
		}
	}
	r, err := provider.NewRegistry(&plug{name: "alpha"}, &plug{name: "beta-2"})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.List(); len(got) != 2 || got[0].Title != "Alpha" {
		t.Errorf("List: got %v", got)
	}
	if _, ok := r.Find("gamma"); ok {
		t.Error("Find(gamma): got a provider, want none")
	}
}
