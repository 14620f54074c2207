package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/sallyport/sallyport/internal/fault"
	"github.com/sallyport/sallyport/internal/message"
)

// TwilioReports is where Twilio reports what became of an SMS.
const TwilioReports = "/api/v1/sms/twilio/status"

// Reports takes the reports of an SMS carrier.
type Reports interface {
	// Report reads a report and returns an error unless it is the carrier's own.
	Report(r *http.Request) (message.Delivery, error)
	message.DeliveryBook
}

// smsReport keeps a report. One about a message that was forgotten meanwhile is
// taken too, so that the carrier does not send it again.
func (h resources) smsReport(w http.ResponseWriter, r *http.Request) {
	d, err := h.Reports.Report(r)
	if err != nil {
		h.Refuse(w, r, fault.Because(fault.CodeForbidden, err).WithDetail("This is not a report of the SMS carrier: its signature does not fit."))
		return
	}
	if _, err := h.Reports.RecordDelivery(context.WithoutCancel(r.Context()), d); err != nil && !errors.Is(err, message.ErrNoMessage) {
		h.Refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
