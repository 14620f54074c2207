package middleware

import (
	"bufio"
	"net"
	"net/http"
)

// Recorder is a ResponseWriter that remembers what was answered.
type Recorder struct {
	http.ResponseWriter
	// Status is the status sent; 0 while none is, 101 once the connection was
	// taken over.
	Status int
	// Bytes is the size of the body sent.
	Bytes int64
}

// Record returns w as a Recorder, so that several middlewares share one.
func Record(w http.ResponseWriter) *Recorder {
	if rec, ok := w.(*Recorder); ok {
		return rec
	}
	return &Recorder{ResponseWriter: w}
}

// WriteHeader remembers the first final status.
func (rec *Recorder) WriteHeader(status int) {
	if rec.Status == 0 && status >= http.StatusOK {
		rec.Status = status
	}
	rec.ResponseWriter.WriteHeader(status)
}

// Write counts the body.
func (rec *Recorder) Write(b []byte) (int, error) {
	if rec.Status == 0 {
		rec.Status = http.StatusOK
	}
	n, err := rec.ResponseWriter.Write(b)
	rec.Bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (rec *Recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }

// Flush is part of http.Flusher, which some libraries ask for by type.
func (rec *Recorder) Flush() {
	_ = http.NewResponseController(rec.ResponseWriter).Flush() // not supported: nothing to flush
}

// Hijack is part of http.Hijacker, which WebSocket libraries ask for by type.
func (rec *Recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(rec.ResponseWriter).Hijack()
	if err == nil && rec.Status == 0 {
		rec.Status = http.StatusSwitchingProtocols
	}
	return conn, rw, err
}
