// Package message turns something to tell a person into a delivered e-mail or
// SMS.
//
// It decides the kinds of messages, their templates and the durable outbox: a
// message is queued by the transaction that made it true, sent by a worker with
// retry, and never sent after it expired. It refuses to know why a message is
// sent. Adapters (smtp, twilio, smswebhook, devinbox) live in folders below and
// never import each other.
//
// The way of a message:
//
//	Outgoing  what a room hands over; outgoing.go
//	Store     the outbox table, kept by internal/store; outbox.go
//	Worker    claims, renders, sends, marks; worker.go and lane.go
//	Renderer  templates in locales, operators' overrides first; render.go
//	Sender    a carrier; send.go says what its errors mean
//
// Start reading at Outgoing.
package message
