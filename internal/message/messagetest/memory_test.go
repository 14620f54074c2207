package messagetest_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/message/messagetest"
)

func TestMemoryIsAnOutbox(t *testing.T) {
	messagetest.RunOutbox(t, func(*testing.T) messagetest.Outbox { return messagetest.NewMemory() })
	messagetest.RunDeliveries(t, func(*testing.T) messagetest.DeliveryOutbox { return messagetest.NewMemory() })
}
