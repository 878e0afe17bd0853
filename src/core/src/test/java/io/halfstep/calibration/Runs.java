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

/** Runs for tests, with every message between stages serialized. */
final class Runs {
  /** Forces each message through its serializer. */
  static final Config SERIALIZED = ConfigFactory.parseString("akka.actor.serialize-messages = on");

  static final Plan PARALLEL = Plan.DEFAULT.toBuilder().schedule(Plan.Schedule.PARALLEL).build();

  static final Plan INTEGERS = Plan.DEFAULT.toBuilder().quantize(Plan.Quantize.ALL).build();

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

  /** Cuts the samples of some batches into batches of another size. */
  static List<SampleBatch> cut(String input, List<SampleBatch> batches, int size) {
    Tensor all =
        Tensor.concatenate(batches.stream().map(batch -> batch.inputs().get(input)).toList());
    int samples = Math.toIntExact(all.dim(0));
    List<SampleBatch> cut = new ArrayList<>();
    for (int at = 0; at < samples; at += size) {
      int end = Math.min(samples, at + size);
      cut.add(new SampleBatch(cut.size(), at, end - at, Map.of(input, all.rows(at, end))));
    }
    return cut;
  }

  static CalibrationRequest request(StageGraph graph, Plan plan, List<SampleBatch> batches) {
    return CalibrationRequest.of(graph, plan, first -> Source.from(batches).drop(first))
        .threads(2)
        .memoryBytes(1L << 28)
        .edgeCredit(1)
        .build();
  }

  static CalibrationRequest withSource(CalibrationRequest r, Source<SampleBatch, NotUsed> source) {
    return withSource(r, source::drop);
  }

  static CalibrationRequest withSource(CalibrationRequest r, BatchSource source) {
    return r.toBuilder().source(source).build();
  }

  static CalibrationRequest withThreads(CalibrationRequest r, int threads) {
    return r.toBuilder().threads(threads).build();
  }

  static CalibrationRequest withMemory(CalibrationRequest r, long bytes) {
    return r.toBuilder().memoryBytes(bytes).build();
  }

  static CalibrationRequest withSpool(CalibrationRequest r, Path directory) {
    return r.toBuilder().spoolDirectory(directory).build();
  }

  static CalibrationRequest withListener(CalibrationRequest r, ProgressListener listener) {
    return r.toBuilder().listener(listener).build();
  }

  static CalibrationRequest withCheckpointing(CalibrationRequest r, Checkpointing checkpointing) {
    return r.toBuilder().checkpointing(checkpointing).build();
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
