package io.halfstep.calibration;

import akka.NotUsed;
import akka.stream.javadsl.Source;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Runs for tests, with every message between stages serialized. */
final class Runs {
  /** Forces each message through its serializer. */
  static final Config SERIALIZED = ConfigFactory.parseString("akka.actor.serialize-messages = on");

  static final Plan PARALLEL = Plan.DEFAULT.toBuilder().schedule(Plan.Schedule.PARALLEL).build();

  private Runs() {}

  /** Batches of normal noise for one input. */
  static List<SampleBatch> noise(String input, int batches, int size, long... sampleShape) {
    Random random = new Random(7);
    List<SampleBatch> made = new ArrayList<>();
    for (int b = 0; b < batches; b++) {
      long[] shape = new long[sampleShape.length + 1];
      shape[0] = size;
      System.arraycopy(sampleShape, 0, shape, 1, sampleShape.length);
      float[] values = new float[Tensor.elements(shape)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      made.add(new SampleBatch(b, (long) b * size, size, Map.of(input, Tensor.of(values, shape))));
    }
    return made;
  }

  static CalibrationRequest request(StageGraph graph, Plan plan, List<SampleBatch> batches) {
    return new CalibrationRequest(
        graph,
        plan,
        first -> Source.from(batches).drop(first),
        0,
        Map::of,
        2,
        1L << 28,
        Path.of(System.getProperty("java.io.tmpdir")),
        1,
        ProgressListener.NONE,
        null);
  }

  static CalibrationRequest withSource(CalibrationRequest r, Source<SampleBatch, NotUsed> source) {
    return withSource(r, source::drop);
  }

  static CalibrationRequest withSource(CalibrationRequest r, BatchSource source) {
    return with(
        r,
        source,
        r.threads(),
        r.memoryBytes(),
        r.spoolDirectory(),
        r.listener(),
        r.checkpointing());
  }

  static CalibrationRequest withThreads(CalibrationRequest r, int threads) {
    return with(
        r,
        r.source(),
        threads,
        r.memoryBytes(),
        r.spoolDirectory(),
        r.listener(),
        r.checkpointing());
  }

  static CalibrationRequest withMemory(CalibrationRequest r, long bytes) {
    return with(
        r, r.source(), r.threads(), bytes, r.spoolDirectory(), r.listener(), r.checkpointing());
  }

  static CalibrationRequest withSpool(CalibrationRequest r, Path directory) {
    return with(
        r, r.source(), r.threads(), r.memoryBytes(), directory, r.listener(), r.checkpointing());
  }

  static CalibrationRequest withListener(CalibrationRequest r, ProgressListener listener) {
    return with(
        r,
        r.source(),
        r.threads(),
        r.memoryBytes(),
        r.spoolDirectory(),
        listener,
        r.checkpointing());
  }

  static CalibrationRequest withCheckpointing(CalibrationRequest r, Checkpointing checkpointing) {
    return with(
        r,
        r.source(),
        r.threads(),
        r.memoryBytes(),
        r.spoolDirectory(),
        r.listener(),
        checkpointing);
  }

  private static CalibrationRequest with(
      CalibrationRequest r,
      BatchSource source,
      int threads,
      long memory,
      Path spool,
      ProgressListener listener,
      @Nullable Checkpointing checkpointing) {
    return new CalibrationRequest(
        r.graph(),
        r.plan(),
        source,
        r.expectedSamples(),
        r.rejected(),
        threads,
        memory,
        spool,
        r.edgeCredit(),
        listener,
        checkpointing);
  }

  /** The integers of all layers. */
  static List<List<Integer>> integers(CalibrationResult result) {
    return result.network().layers().stream()
        .map(layer -> Arrays.stream(layer.weight().integers()).boxed().toList())
        .toList();
  }

  static CalibrationResult run(CalibrationRequest request) throws Exception {
    return Calibration.start(request, SERIALIZED).result().get(120, TimeUnit.SECONDS);
  }
}
