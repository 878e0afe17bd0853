package io.halfstep.metrics;

import io.halfstep.service.Service;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;

/**
 * A service's meters, for Prometheus. The series of a job and its layers exist while the job runs
 * and a few minutes longer, so that its last values are scraped.
 */
public final class ServiceMetrics implements AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Service service;
  private final RuntimeMeters runtime;
  private final ServiceMeters meters;
  private final JobMeters jobs;
  private final LayerMeters layers;

  private ServiceMetrics(Service service) {
    this.service = service;
    this.runtime = new RuntimeMeters(registry, service.system());
    this.meters = new ServiceMeters(registry, service);
    VisibleJobs visible = new VisibleJobs(service.liveJobs(), Clock.systemUTC());
    this.jobs = new JobMeters(registry, visible);
    this.layers = new LayerMeters(registry, visible);
    service.liveJobs().observe(new EventMeters(registry));
  }

  /** Meters for a running service. */
  public static ServiceMetrics of(Service service) {
    return new ServiceMetrics(service);
  }

  /** Returns all meters in Prometheus's text format. */
  public synchronized String scrape() {
    meters.refresh();
    jobs.refresh();
    layers.refresh();
    return registry.scrape();
  }

  @Override
  public void close() {
    service.liveJobs().observe(io.halfstep.service.ServiceObserver.NONE);
    runtime.close();
    registry.close();
  }
}
