package web

import (
	"embed"
	"io/fs"
)

// dist is what `make web` builds; a fresh clone has an empty folder.
//
//go:embed all:dist
var dist embed.FS

// Pages are the built pages, at the root of the site.
func Pages() *Files {
	pages, err := fs.Sub(dist, "dist")
	if err != nil { // the name is a constant
		panic(err)
	}
	return NewFiles(pages)
}
