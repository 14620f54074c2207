// Package smswebhook hands SMS to any provider through an HTTPS webhook, signed
// per Standard Webhooks 1.0.
//
// It decides the body, the signature and what the receiver's answers mean. It
// refuses to know the provider: a few lines at the receiving end translate. See
// Body for what is posted. Start reading at Sender.Send.
package smswebhook
