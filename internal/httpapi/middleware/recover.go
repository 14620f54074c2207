package middleware

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/fault"
)

// maxStack is how much of a panic's stack is logged, in bytes.
const maxStack = 8 << 10

// Recover turns a panic into a 500 problem and a line in the log: it costs one
// request, the process lives (OP-08). If the answer had begun, the connection is
// cut so that nobody takes half of it for the whole.
func Recover(log *slog.Logger, refuse Refuse) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := Record(w)
			defer func() {
				if p := recover(); p != nil {
					afterPanic(log, refuse, rec, r, p)
				}
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

func afterPanic(log *slog.Logger, refuse Refuse, rec *Recorder, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) { // asks for just that, by contract of net/http
		panic(p)
	}
	stack := debug.Stack()
	log.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("value", audit.CleanText(fmt.Sprint(p), audit.MaxField)),
		slog.String("route", routeOf(r)),
		slog.String("request_id", audit.OriginOf(r.Context()).RequestID),
		slog.String("stack", string(stack[:min(len(stack), maxStack)])))
	if rec.Status != 0 {
		panic(http.ErrAbortHandler)
	}
	for _, name := range []string{"Set-Cookie", "Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Location"} {
		rec.Header().Del(name)
	}
	refuse(rec, r, fault.New(fault.CodeInternal).WithDetail("panic"))
}
