package io.halfstep.metrics;

import io.halfstep.service.JobView;
import io.halfstep.service.Service;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The meters of the service as a whole. */
final class ServiceMeters {
  private final Service service;
  private final GaugeRows jobs;
  private volatile Map<String, Long> counts = Map.of();

  ServiceMeters(MeterRegistry registry, Service service) {
    this.service = service;
    gauge(
        registry,
        "halfstep.ready",
        null,
        "1 if samples are accepted, else 0",
        running -> running.obstacle().isEmpty() ? 1 : 0);
    gauge(
        registry,
        "halfstep.disk.free",
        "bytes",
        "Free space on the disk with the state folder",
        Service::freeBytes);
    gauge(
        registry,
        "halfstep.disk.reserve",
        "bytes",
        "Free space below which samples are refused",
        running -> running.settings().reserveBytes());
    Gauge.builder("halfstep.build.info", () -> 1)
        .tags("version", Service.version())
        .description("Version of the service")
        .register(registry);
    jobs = GaugeRows.of(registry, "halfstep.jobs", null, "Jobs by status");
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      @org.jspecify.annotations.Nullable String unit,
      String description,
      ToDoubleFunction<Service> reading) {
    Gauge.builder(name, service, reading)
        .baseUnit(unit)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  void refresh() {
    counts =
        service.liveJobs().jobs().stream()
            .map(JobView::status)
            .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    for (String status : JobView.STATUSES) {
      jobs.add(Tags.of("status", status), () -> counts.getOrDefault(status, 0L));
    }
    jobs.show();
  }
}
