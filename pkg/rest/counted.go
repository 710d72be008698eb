package rest

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// webhooksCounted counts webhooks of all data sources by what became of them: taken, ignored, refused, forged, failed.
var webhooksCounted = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "livedora_webhooks_total", Help: "Webhooks by what became of them.",
}, []string{"outcome"})
