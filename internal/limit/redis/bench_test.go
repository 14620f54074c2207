package redis_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/rueidis"

	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/ident"
	"github.com/sallyport/sallyport/internal/limit"
	"github.com/sallyport/sallyport/internal/limit/redis"
	"github.com/sallyport/sallyport/internal/testbed"
)

// held is how many connections a node renews at a time.
const held = 10_000

// BenchmarkRenew renews the places of 10,000 connections of as many people: what each
// takes of Redis's processor and memory bounds how many sockets one Redis counts. The
// program's nodes have short names; with long ones a member of a set has more than
// the 64 bytes up to which Redis packs small sets tightly.
func BenchmarkRenew(b *testing.B) {
	for length, node := range map[string]string{"short": rand.Text(), "long": ident.New()} {
		b.Run("name="+length, func(b *testing.B) { renew(b, node) })
	}
}

func renew(b *testing.B, node string) {
	client := open(b, testbed.Redis(b))
	places := redis.NewPlaces(client, "", clock.System)
	b.Cleanup(func() { _ = places.Close() })
	all := make([]limit.Place, held)
	for i := range all {
		all[i] = limit.Place{Conn: ident.New(), Node: node, User: ident.New(), Session: ident.New(), IP: fmt.Sprintf("10.0.%d.%d", i>>8, i&255)}
	}
	before := info(b, client, "used_memory:")
	if err := places.Renew(context.Background(), all); err != nil {
		b.Fatal(err)
	}
	memory := info(b, client, "used_memory:") - before
	began := info(b, client, "used_cpu_user:") + info(b, client, "used_cpu_sys:")
	for b.Loop() {
		if err := places.Renew(context.Background(), all); err != nil {
			b.Fatal(err)
		}
	}
	used := info(b, client, "used_cpu_user:") + info(b, client, "used_cpu_sys:") - began
	b.ReportMetric(used*1e6/float64(b.N)/held, "redis-µs/place")
	b.ReportMetric(memory/held, "redis-B/place")
}

// info reads one figure that Redis tells about itself.
func info(b *testing.B, client rueidis.Client, name string) float64 {
	b.Helper()
	text, err := client.Do(context.Background(), client.B().Info().Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	_, rest, found := strings.Cut(text, "\n"+name)
	line, _, _ := strings.Cut(rest, "\r")
	figure, err := strconv.ParseFloat(line, 64)
	if !found || err != nil {
		b.Fatalf("INFO %s: got %q, %v, want a number", name, line, err)
	}
	return figure
}
