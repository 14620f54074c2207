// Package testbed brings up the real services that tests run against: PostgreSQL
// and Redis on free loopback ports, thrown away afterwards, oathtool as a second
// opinion on one-time codes, and promtool on alert rules.
//
// It decides where the programs are found, how a server is started so that it
// never outlives its test, and that a missing program fails the test with the
// name of the package to install: nothing is skipped. It refuses to know the
// product; only tests import it.
//
// Servers belong to the test process: a small shell watches a pipe that the
// kernel closes when the process ends, however it ends, and stops the server
// then. Root never runs a server: it steps down to an unprivileged user first.
//
// Start reading at Postgres, Redis and Template; process.go holds the watching.
package testbed
