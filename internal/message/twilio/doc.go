// Package twilio hands SMS to Twilio's Messages API and reads its reports on
// delivery.
//
// It decides what is posted, which error codes are final, how a retry finds out
// that an earlier try got through, and whether a report is really Twilio's. It
// refuses to know why an SMS is sent and how often. Start reading at Sender.Send.
package twilio
