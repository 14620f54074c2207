package main

import (
	"context"
	"fmt"

	"github.com/sallyport/sallyport/internal/app"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Walk the hash chain and report the first place that does not fit."`
}

type auditVerifyCmd struct{}

func (auditVerifyCmd) Run(ctx context.Context, t terminal, s settings) error {
	return withApp(ctx, s, func(a *app.App) error {
		v, err := a.Chain.Verify(ctx, a.Store)
		if err != nil {
			return err
		}
		if v.Fault != nil {
			_, _ = fmt.Fprintf(t.err, "BROKEN at place %d (row %s): %s\n", v.Fault.Seq, v.Fault.ID, v.Fault.What)
			return errReported
		}
		t.printf("intact: %d rows from place %d\n", v.Rows, v.From+1)
		return nil
	})
}
