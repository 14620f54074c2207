package message

// Nothing is a message that goes nowhere and has no template. It is queued where
// there is nobody to write to, so that a request for an unknown address leaves as
// much to be done as any other (RC-01); the worker takes it, writes out the words
// of another kind, drops them and counts the message as sent.
const Nothing Kind = "nothing"

// asAny is the message as one of a kind that people get.
func (o Outgoing) asAny() Outgoing {
	o.Kind = ResetPassword
	return o
}
