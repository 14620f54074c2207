package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/gateway"
)

// TestHistory compares the ring with a plain list over many sizes.
func TestHistory(t *testing.T) {
	for _, maxEvents := range []int{1, 2, 3, 7} {
		for _, maxBytes := range []int{1, 10, 25, 1000} {
			t.Run(fmt.Sprintf("%d events, %d bytes", maxEvents, maxBytes), func(t *testing.T) {
				h := gateway.NewHistory(maxEvents, maxBytes)
				var kept []string
				for i := range 40 {
					frame := strings.Repeat(string(rune('a'+i%26)), 1+i%9)
					if !h.Add("u", fmt.Sprint(i), frame) {
						t.Fatalf("event %d: got refused, want taken", i)
					}
					kept = append(kept, fmt.Sprint(i)+":"+frame)
					for len(kept) > maxEvents || len(kept) > 1 && bytesOf(kept) > maxBytes {
						kept = kept[1:]
					}
					compare(t, h, kept)
				}
				if h.Add("u", "39", "x") {
					t.Error("an id twice: got taken, want refused")
				}
				h.Forget()
				if _, ok := h.After("39", 1000, "u"); ok {
					t.Error("after Forget: got an answer, want a gap")
				}
				if h.Add("u", "39", "x") {
					t.Error("an id from before a gap, tried again: got taken, want refused")
				}
				kept = nil
				for i := 40; i < 60; i++ {
					frame := strings.Repeat("z", 1+i%9)
					if !h.Add("u", fmt.Sprint(i), frame) {
						t.Fatalf("event %d after a gap: got refused, want taken", i)
					}
					kept = append(kept, fmt.Sprint(i)+":"+frame)
					for len(kept) > maxEvents || len(kept) > 1 && bytesOf(kept) > maxBytes {
						kept = kept[1:]
					}
					compare(t, h, kept)
				}
			})
		}
	}
}

func bytesOf(kept []string) (n int) {
	for _, k := range kept {
		_, frame, _ := strings.Cut(k, ":")
		n += len(frame)
	}
	return n
}

func compare(t *testing.T, h *gateway.History, kept []string) {
	t.Helper()
	for i, k := range kept {
		id, _, _ := strings.Cut(k, ":")
		var want []string
		for _, later := range kept[i+1:] {
			_, frame, _ := strings.Cut(later, ":")
			want = append(want, frame)
		}
		got, ok := h.After(id, 1000, "u")
		if !ok || !slices.Equal(got, want) {
			t.Fatalf("after %s: got %v, %v, want %v", id, got, ok, want)
		}
		if got, ok := h.After(id, 1000, "somebody else"); !ok || len(got) != 0 {
			t.Fatalf("after %s for somebody else: got %v, %v, want nothing", id, got, ok)
		}
	}
	if first, _, _ := strings.Cut(kept[0], ":"); first != "0" {
		if _, ok := h.After("0", 1000, "u"); ok {
			t.Fatal("after a forgotten id: got an answer, want a gap")
		}
	}
}
