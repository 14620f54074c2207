package guess_test

import (
	"testing"
	"time"
	"math"

	"github.com/trustelem/zxcvbn"

	"github.com/sallyport/sallyport/internal/factor/password/guess"
)

func TestExplore(t *testing.T) {
	c := newCorpus()
	var tz, tg time.Duration
	total:=[2]int{}; str:=[2]int{}; loo:=[2]int{}
	for name, make := range families() {
		const n = 1000
		var stricter, looser [2]int
		var eg [2][]string
		var sumlog float64
		for range n {
			text := make(c)
			if len(text) > 64 { text = text[:64] }
			a:=time.Now()
			got := guess.Guesses(text, nil)
			b:=time.Now()
			want := zxcvbn.PasswordStrength(text, nil).Guesses
			tg+=b.Sub(a); tz += time.Since(b)
			sumlog += math.Abs(math.Log(got/min(want,1e12)))
			for i, th := range []float64{1e8, 1e10} {
				total[i]++
				if got < th && want >= th { stricter[i]++; str[i]++; if len(eg[0])<4 {eg[0]=append(eg[0],text)} }
				if got >= th && want < th { looser[i]++; loo[i]++; if len(eg[1])<4{eg[1]=append(eg[1],text)} }
			}
		}
		t.Logf("%-28s stricter %v looser %v  meanratio %.3f  S %q L %q", name, stricter, looser, math.Exp(sumlog/n), eg[0],eg[1])
	}
	t.Log(total,str,loo,tz,tg)
}
