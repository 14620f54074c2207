package main

import "runtime"

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(t terminal) error {
	t.printf("sallyport %s (%s %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
