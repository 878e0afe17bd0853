package io.halfstep.metrics;

import akka.actor.Cancellable;
import akka.actor.DeadLetter;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.DispatcherSelector;
import akka.actor.typed.eventstream.EventStream;
import akka.actor.typed.javadsl.Behaviors;
import akka.dispatch.ExecutionContexts;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;

/**
 * Meters of the virtual machine, native memory and the dispatchers. Akka does not expose the length
 * of a mailbox; instead, the time that a task waits for its dispatcher is measured, and the bytes
 * that wait at each stage ({@link LayerMeters}).
 */
final class RuntimeMeters implements AutoCloseable {
  private static final Duration PROBE_EVERY = Duration.ofSeconds(1);

  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final List<Cancellable> probes = new ArrayList<>();

  RuntimeMeters(MeterRegistry registry, ActorSystem<Void> system) {
    // These break Prometheus's naming rules: a gauge in _count, a counter in nanoseconds.
    registry.config().meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"));
    registry.config().meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    collections.bindTo(registry);
    Gauge.builder("halfstep.native.memory", Pointer::totalBytes)
        .baseUnit("bytes")
        .description("Memory of matrices outside the heap")
        .register(registry);
    Gauge.builder("halfstep.resident.memory", Pointer::physicalBytes)
        .baseUnit("bytes")
        .description("Physical memory of the process")
        .register(registry);
    countDeadLetters(registry, system);
    Map.of(
            "default",
            DispatcherSelector.defaultDispatcher(),
            "blocking",
            DispatcherSelector.blocking())
        .forEach((name, of) -> probe(registry, system, name, system.dispatchers().lookup(of)));
  }

  private static void countDeadLetters(MeterRegistry registry, ActorSystem<Void> system) {
    Counter letters =
        Counter.builder("halfstep.dead.letters")
            .description("Messages to actors that had stopped")
            .register(registry);
    var counter =
        system.systemActorOf(
            Behaviors.receiveMessage(
                (DeadLetter letter) -> {
                  letters.increment();
                  return Behaviors.same();
                }),
            "dead-letters-counter",
            akka.actor.typed.Props.empty());
    system.eventStream().tell(new EventStream.Subscribe<>(DeadLetter.class, counter));
  }

  /** Measures how long a task waits until the dispatcher has a thread for it. */
  private void probe(
      MeterRegistry registry, ActorSystem<Void> system, String name, Executor dispatcher) {
    Timer delay =
        Timer.builder("halfstep.dispatcher.delay")
            .tag("dispatcher", name)
            .description("How long a task waits for a thread of the dispatcher")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(10),
                Duration.ofMillis(100),
                Duration.ofSeconds(1),
                Duration.ofSeconds(10))
            .register(registry);
    probes.add(
        system
            .scheduler()
            .scheduleAtFixedRate(
                PROBE_EVERY,
                PROBE_EVERY,
                () -> {
                  long start = System.nanoTime();
                  dispatcher.execute(
                      () -> delay.record(System.nanoTime() - start, TimeUnit.NANOSECONDS));
                },
                ExecutionContexts.fromExecutor(Runnable::run)));
  }

  @Override
  public void close() {
    probes.forEach(Cancellable::cancel);
    collections.close();
  }
}
