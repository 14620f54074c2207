// Package message turns something to tell a person into a delivered e-mail or
// SMS.
//
// It decides the kinds of messages, their templates and the durable outbox: a
// message is queued by the transaction that made it true, sent by a worker with
// retry, and never sent after it expired. It refuses to know why a message is
// sent. Adapters (smtp, twilio, devinbox) live in folders below and never import
// each other. Start reading at Outgoing.
package message
