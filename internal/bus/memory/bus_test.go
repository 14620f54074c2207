package memory_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/sallyport/sallyport/internal/bus"
	"github.com/sallyport/sallyport/internal/bus/bustest"
	"github.com/sallyport/sallyport/internal/bus/memory"
)

func TestConformance(t *testing.T) {
	bustest.Run(t, func(_ *testing.T, history int) (a, b bus.Bus) {
		one := memory.New(history)
		return one, one
	})
}

func TestHistoryIsExact(t *testing.T) {
	b := memory.New(3)
	l := bustest.Listen(t, b, "topic", "")
	bustest.Publish(t, b, "topic", "0")
	at := l.Want("0").Offset
	l.Close()
	bustest.Publish(t, b, "topic", "1", "2", "3")
	bustest.Listen(t, b, "topic", at).Want("1", "2", "3")
	bustest.Publish(t, b, "topic", "4")
	late := bustest.ListenUnsettled(t, b, "topic", at)
	late.WantGap()
	late.Want("2", "3", "4")
}

// TestOvertaken holds a subscriber inside handle until history has moved past
// it.
func TestOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := memory.New(4)
		ctx, cancel := context.WithCancel(t.Context())
		hold := make(chan struct{})
		var got []string
		go func() {
			_ = b.Subscribe(ctx, "topic", "", func(m bus.Message) {
				if m.Gap {
					got = append(got, "gap")
					return
				}
				got = append(got, string(m.Body))
				<-hold
			})
		}()
		synctest.Wait()
		for i := range 20 {
			bustest.Publish(t, b, "topic", fmt.Sprint(i))
			if i == 0 {
				synctest.Wait()
			}
		}
		close(hold)
		synctest.Wait()
		cancel()
		synctest.Wait()
		if want := "[gap 0 gap 16 17 18 19]"; fmt.Sprint(got) != want {
			t.Errorf("delivered %v, want %s", got, want)
		}
	})
}

func TestOffsetsOfAnotherBus(t *testing.T) {
	one, two := memory.New(0), memory.New(0)
	at := bustest.ListenUnsettled(t, one, "topic", "").WantGap().Offset
	bustest.ListenUnsettled(t, two, "topic", at).WantGap()
}

func BenchmarkPublish(b *testing.B) {
	one := memory.New(0)
	body := make([]byte, 256)
	b.ReportAllocs()
	for b.Loop() {
		_ = one.Publish(context.Background(), "topic", body)
	}
}
