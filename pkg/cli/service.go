package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/monitor"
)

// service is the collector as those see it who keep programs running. It answers before there is a dataset: to open a large
// store takes its time, and is no reason to be started again.
type service struct {
	dataset atomic.Pointer[dataset.Dataset]
	told    context.Context // to end
}

// serve answers on an address until what it gives is called.
func (s *service) serve(address string, logger *slog.Logger) (end func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, misused("--listen: %w; allowed: HOST:PORT, such as 127.0.0.1:9464", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), monitor.New(s.running))
	routes := http.NewServeMux()
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "alive") })
	routes.HandleFunc("GET /readyz", s.readiness)
	routes.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 3}))
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	ended := make(chan struct{})
	go func() { // the service's answers, until the command ends
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("nothing answers any more on --listen", "error", err)
		}
	}()
	logger.Info("answering", "address", listener.Addr().String())
	return func() {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(closing)
		<-ended
	}, nil
}

func (s *service) running() []*dataset.Dataset {
	if d := s.dataset.Load(); d != nil {
		return []*dataset.Dataset{d}
	}
	return nil
}

// readiness is whether what sources tell can be kept. A source that fails is none of it: to start the program again, or another
// in its place, would not mend it. Its state stands in the answer, and in the metrics.
func (s *service) readiness(w http.ResponseWriter, _ *http.Request) {
	d := s.dataset.Load()
	var fault error
	switch {
	case s.told.Err() != nil:
		fault = errors.New("it is ending")
	case d == nil:
		fault = errors.New("the store is being opened")
	default:
		fault = errors.Join(d.StoreFailure(), d.WriteFailure())
	}
	if fault != nil {
		http.Error(w, "not ready: "+fault.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ready")
	for _, state := range d.State() {
		_, _ = fmt.Fprintf(w, "%s: %s\n", state.ID, state.State)
	}
	for _, state := range d.Deliveries() {
		_, _ = fmt.Fprintf(w, "%s: %s\n", state.ID, state.Status)
	}
}
