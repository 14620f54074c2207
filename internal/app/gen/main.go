// Command gen writes what clients are built from: docs/openapi.json, the contract
// of the API as a server with every default publishes it at /openapi.json, and
// web/sdk/src/close-codes.ts, the gateway's table of close codes. Run it from the
// root of the repository after changing a route or a close code:
//
//	go run ./internal/app/gen
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/gateway"
)

func main() {
	log.SetFlags(0)
	contract, err := contract(context.Background())
	if err == nil {
		err = os.WriteFile("docs/openapi.json", contract, 0o644)
	}
	var codes bytes.Buffer
	if err == nil {
		err = gateway.WriteCloseScript(&codes)
	}
	if err == nil {
		err = os.WriteFile("web/sdk/src/close-codes.ts", codes.Bytes(), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// contract asks a server that lives for this one question.
func contract(ctx context.Context) ([]byte, error) {
	folder, err := os.MkdirTemp("", "openapi")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	cfg, err := config.Load([]string{
		"PUBLIC_URL=http://localhost:8000", "METRICS_ADDR=", "DATABASE_URL=sqlite:" + filepath.Join(folder, "x.db"),
		"SECRET_KEY=Zq7v0Y1m3o5Kc8Xw2Rt6Ub4Ne9Lp1Js0Hd5Ga7Fi3k8",
	}, "")
	if err != nil {
		return nil, err
	}
	a, err := app.Open(ctx, cfg, app.Options{Version: "1", Clock: clock.System, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = a.Close() }()
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/openapi.json", nil))
	if w.Code != http.StatusOK {
		return nil, fmt.Errorf("openapi.json: got status %d", w.Code)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, w.Body.Bytes(), "", " "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
