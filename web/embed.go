package web

import (
	"embed"
	"io/fs"
	"net/http"
)

// dist is what `make web` builds; a fresh clone has an empty folder.
//
//go:embed all:dist
var dist embed.FS

// Handler serves the built pages at the root of the site. It answers GET and
// HEAD with the file of that path, and 404 in plain text otherwise.
func Handler() http.Handler {
	pages, err := fs.Sub(dist, "dist")
	if err != nil { // the name is a constant
		panic(err)
	}
	return Files(pages)
}
