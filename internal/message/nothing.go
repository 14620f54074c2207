package message

// Nothing is a message that goes nowhere and has no template. It is queued where
// there is nobody to write to, so that a request for an unknown address leaves as
// much to be done as any other (RC-01); the worker takes it and counts it as
// sent.
const Nothing Kind = "nothing"
