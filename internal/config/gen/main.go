// Command gen writes the two files that follow from the table of settings:
// .env.auth.example and docs/settings.md. Run it from the root of the
// repository after changing a setting:
//
//	go run ./internal/config/gen
package main

import (
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/config"
)

func main() {
	log.SetFlags(0)
	for path, write := range map[string]func(io.Writer) error{
		".env.auth.example": config.WriteExample,
		"docs/settings.md":  config.WriteReference,
	} {
		if err := save(path, write); err != nil {
			log.Fatal(err)
		}
	}
}

// save writes one file, whose folder is made if it is missing.
func save(path string, write func(io.Writer) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if bad := f.Close(); err == nil {
			err = bad
		}
	}()
	return write(f)
}
