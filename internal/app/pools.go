package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sallyport/sallyport/internal/factor/password"
	"github.com/sallyport/sallyport/internal/store"
)

var (
	hashesDesc  = prometheus.NewDesc("sallyport_password_hashes", "Passwords being checked or waiting to be, by state.", []string{"state"}, nil)
	refusedDesc = prometheus.NewDesc("sallyport_password_refused_total", "Passwords turned away because too many were waiting.", nil, nil)
	connsDesc   = prometheus.NewDesc("sallyport_database_connections", "Connections to the database, by pool and state.", []string{"pool", "state"}, nil)
	waitedDesc  = prometheus.NewDesc("sallyport_database_wait_seconds_total", "Time that requests waited for a connection, by pool.", []string{"pool"}, nil)
)

// gateGauge shows how busy the hashing of passwords is.
type gateGauge struct{ hasher *password.Hasher }

func (gateGauge) Describe(ch chan<- *prometheus.Desc) { ch <- hashesDesc; ch <- refusedDesc }

func (g gateGauge) Collect(ch chan<- prometheus.Metric) {
	s := g.hasher.Stats()
	ch <- prometheus.MustNewConstMetric(hashesDesc, prometheus.GaugeValue, float64(s.Running), "running")
	ch <- prometheus.MustNewConstMetric(hashesDesc, prometheus.GaugeValue, float64(s.Waiting), "waiting")
	ch <- prometheus.MustNewConstMetric(refusedDesc, prometheus.CounterValue, float64(s.Refused))
}

// poolGauge shows the connections to the database.
type poolGauge struct{ store *store.Store }

func (poolGauge) Describe(ch chan<- *prometheus.Desc) { ch <- connsDesc; ch <- waitedDesc }

func (g poolGauge) Collect(ch chan<- prometheus.Metric) {
	for pool, s := range g.store.Pools() {
		ch <- prometheus.MustNewConstMetric(connsDesc, prometheus.GaugeValue, float64(s.InUse), pool, "in_use")
		ch <- prometheus.MustNewConstMetric(connsDesc, prometheus.GaugeValue, float64(s.Idle), pool, "idle")
		ch <- prometheus.MustNewConstMetric(connsDesc, prometheus.GaugeValue, float64(s.MaxOpenConnections), pool, "limit")
		ch <- prometheus.MustNewConstMetric(waitedDesc, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
}
