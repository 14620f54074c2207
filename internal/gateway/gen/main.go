// Command gen writes the file that follows from the table of close codes:
// web/sdk/src/close-codes.ts. Run it from the root of the repository after
// changing the table:
//
//	go run ./internal/gateway/gen
package main

import (
	"bytes"
	"log"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/gateway"
)

const script = "web/sdk/src/close-codes.ts"

func main() {
	log.SetFlags(0)
	var b bytes.Buffer
	if err := gateway.WriteCloseScript(&b); err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(script, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
