package io.halfstep.calibration;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.halfstep.checkpoint.CheckpointFolder;
import io.halfstep.checkpoint.LeftStatistics;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.protocol.RunEvent;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs over parts of a stream, of which each leaves its statistics to the next one. */
class StatisticsHistoryTest {
  private static final List<SampleBatch> NOISE = Runs.noise("x", 16, 8, 4, 8, 8);

  private final List<RunEvent> drifts = new CopyOnWriteArrayList<>();
  private final Map<String, LeftStatistics> left = new HashMap<>();

  @TempDir Path folder;

  /** Returns some batches with other values: times a factor, plus a shift. */
  private static List<SampleBatch> part(int from, int to, float factor, float shift) {
    List<SampleBatch> part = new ArrayList<>();
    for (SampleBatch batch : NOISE.subList(from, to)) {
      Tensor x = batch.inputs().get("x");
      float[] changed = x.floats().clone();
      for (int i = 0; i < changed.length; i++) {
        changed[i] = changed[i] * factor + shift;
      }
      int id = part.size();
      part.add(new SampleBatch(id, id * 8L, 8, Map.of("x", Tensor.of(changed, x.shape()))));
    }
    return part;
  }

  private CalibrationResult run(
      List<SampleBatch> batches, @Nullable String earlier, String next, double weight)
      throws Exception {
    CalibrationResult result = Runs.run(request(batches, earlier, next, weight));
    requireNonNull(left.get(next)).complete();
    return result;
  }

  private CalibrationRequest request(
      List<SampleBatch> batches, @Nullable String earlier, String next, double weight) {
    StageGraph graph = StageGraph.of(Networks.residual().model());
    Plan plan = Plan.DEFAULT.toBuilder().weightBits(4).activationBits(8).build();
    return Runs.request(graph, plan, batches).toBuilder()
        .history(
            new StatisticsHistory(
                earlier == null ? null : new CheckpointFolder(folder.resolve(earlier)),
                earlier == null ? null : left.get(earlier),
                new CheckpointFolder(folder.resolve(next)),
                left.computeIfAbsent(next, run -> new LeftStatistics()),
                weight))
        .listener(
            new ProgressListener() {
              @Override
              public void update(Progress progress) {}

              @Override
              public void report(RunEvent event) {
                if (event instanceof RunEvent.LossDrift || event instanceof RunEvent.RangeDrift) {
                  drifts.add(event);
                }
              }
            })
        .build();
  }

  private static double scaleOfInput(CalibrationResult result) {
    return requireNonNull(result.network().activations().get("x")).scale(0);
  }

  @Test
  void theFirstLayerLearnsFromBothPartsAsFromTheWhole() throws Exception {
    List<SampleBatch> earlier = part(0, 8, 1, 3);
    List<SampleBatch> later = part(8, 16, 1, 0);
    List<SampleBatch> all = new ArrayList<>(earlier);
    for (SampleBatch batch : later) {
      all.add(new SampleBatch(batch.id() + 8, (batch.id() + 8) * 8, 8, batch.inputs()));
    }
    run(earlier, null, "first", 0.5);
    CalibrationResult both = run(later, "first", "second", 1);
    CalibrationResult alone = run(later, null, "alone", 0.5);
    CalibrationResult whole = run(all, null, "whole", 0.5);

    assertThat(scaleOfInput(both)).isEqualTo(scaleOfInput(whole));
    assertThat(differing(alone, whole)).isPositive();
    assertThat(differing(both, whole)).isZero();
  }

  /** Returns the number of integers of the first layer that differ. */
  private static long differing(CalibrationResult one, CalibrationResult other) {
    List<Integer> a = Runs.integers(one).get(0);
    List<Integer> b = Runs.integers(other).get(0);
    return IntStream.range(0, a.size()).filter(i -> !a.get(i).equals(b.get(i))).count();
  }

  /** Each layer of the later run waits for the same layer of the earlier one, and no longer. */
  @Test
  void aRunThatFollowsTheOneBeforeGivesTheSame() throws Exception {
    run(part(0, 8, 1, 3), null, "first", 0.5);
    CalibrationResult after = run(part(8, 16, 1, 0), "first", "second", 0.5);

    CompletableFuture<Void> go = new CompletableFuture<>();
    CalibrationRequest ahead = request(part(0, 8, 1, 3), null, "ahead", 0.5);
    BatchSource source = ahead.source();
    Calibration slow =
        Calibration.start(
            Runs.withSource(
                ahead,
                first -> source.from(first).mapAsync(1, batch -> go.thenApply(started -> batch))));
    Calibration following =
        Calibration.start(request(part(8, 16, 1, 0), "ahead", "behind", 0.5), Runs.SERIALIZED);
    assertThatThrownBy(() -> following.result().get(1, TimeUnit.SECONDS))
        .isInstanceOf(TimeoutException.class);
    go.complete(null);

    CalibrationResult both = following.result().get(60, TimeUnit.SECONDS);
    slow.result().get(60, TimeUnit.SECONDS);
    assertThat(Runs.integers(both)).isEqualTo(Runs.integers(after));
    assertThat(scaleOfInput(both)).isEqualTo(scaleOfInput(after));
  }

  @Test
  void aRunFailsIfTheOneThatItFollowsFails() {
    left.put("broken", new LeftStatistics());
    Calibration following =
        Calibration.start(request(part(8, 16, 1, 0), "broken", "behind", 0.5), Runs.SERIALIZED);
    requireNonNull(left.get("broken")).fail(new IOException("the first run broke"));

    assertThatThrownBy(() -> following.result().get(60, TimeUnit.SECONDS))
        .hasMessageContaining("the first run broke");
  }

  /** All inputs twice as large: the earlier rounding's error costs four times as much. */
  @Test
  void driftIsReported() throws Exception {
    run(part(0, 8, 1, 0), null, "0", 0.5);
    drifts.clear();
    run(part(0, 8, 2, 0), "0", "1", 0.5);

    RunEvent.LossDrift loss =
        drifts.stream()
            .filter(RunEvent.LossDrift.class::isInstance)
            .map(RunEvent.LossDrift.class::cast)
            .filter(drift -> drift.layer().equals("a"))
            .findFirst()
            .orElseThrow();
    assertThat(loss.ratio()).isCloseTo(4, within(0.2));
    RunEvent.RangeDrift range =
        drifts.stream()
            .filter(RunEvent.RangeDrift.class::isInstance)
            .map(RunEvent.RangeDrift.class::cast)
            .filter(drift -> drift.tensor().equals("x"))
            .findFirst()
            .orElseThrow();
    // E|2x − x| of normal values, √(2/π)
    assertThat(range.distance()).isCloseTo(0.798, within(0.02));
    assertThat(range.clipped()).isBetween(0.01, 0.3);

    drifts.clear();
    run(part(8, 16, 1, 0), "0", "2", 0.5);
    assertThat(drifts).isNotEmpty();
    for (RunEvent drift : drifts) {
      if (drift instanceof RunEvent.LossDrift of) {
        assertThat(of.ratio()).isBetween(0.8, 1.25);
      } else if (drift instanceof RunEvent.RangeDrift of) {
        assertThat(of.distance()).isLessThan(0.1);
        assertThat(of.clipped()).isLessThan(0.01);
      }
    }
  }

  @Test
  void wideRangesAreForgotten() throws Exception {
    run(part(0, 8, 10, 0), null, "0", 0.5);
    double wide = scaleOfInput(run(part(0, 8, 1, 0), "0", "1", 0.01));
    double alone = scaleOfInput(run(part(0, 8, 1, 0), null, "alone", 0.5));
    for (int i = 1; i < 4; i++) {
      wide = scaleOfInput(run(part(0, 8, 1, 0), String.valueOf(i), String.valueOf(i + 1), 0.01));
    }

    assertThat(wide).isCloseTo(alone, withPercentage(1));
  }

  @Test
  void whatCannotBeReadIsLeftOut() throws Exception {
    run(part(0, 8, 1, 0), null, "first", 0.5);
    try (Stream<Path> files = Files.list(folder.resolve("first"))) {
      for (Path file : files.toList()) {
        byte[] damaged = Files.readAllBytes(file);
        damaged[damaged.length - 1] ^= 1;
        Files.write(file, damaged);
      }
    }

    CalibrationResult after = run(part(8, 16, 1, 0), "first", "second", 1);

    CalibrationResult alone = run(part(8, 16, 1, 0), null, "alone", 0.5);
    assertThat(Runs.integers(after)).isEqualTo(Runs.integers(alone));
  }
}
