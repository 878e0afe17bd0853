package io.halfstep.inspection;

import com.sun.management.OperatingSystemMXBean;
import io.halfstep.graph.Layer;
import io.halfstep.graph.Stage;
import io.halfstep.graph.Stage.LayerStage;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.TensorTypes;
import io.halfstep.plan.Plan;
import io.halfstep.source.BatchReader;
import io.halfstep.source.Dataset;
import io.halfstep.source.SampleBatch;
import io.halfstep.stage.RoundedConstant;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.OnnxProgram.Port;
import io.halfstep.tensor.Tensor;
import io.halfstep.text.Figures;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The memory that a run is expected to take, from the shapes of the first samples.
 *
 * <p>Tensors whose shapes depend on values are not counted.
 *
 * @param samples the number of samples that are used
 * @param shapes of each input, for one sample
 * @param model bytes of the model and of all integers
 * @param kept bytes of the batches that wait between layers, at most the budget
 * @param inFlight bytes of the batches that stages work on
 * @param learning bytes of the moments of the layers that learn at the same time, and of their
 *     solver
 * @param gradient what learns by gradient afterwards; empty if nothing does
 */
public record MemoryEstimate(
    long samples,
    Map<String, List<Long>> shapes,
    long model,
    long kept,
    long inFlight,
    long learning,
    Optional<LearningEstimate> gradient) {
  private static final long MIB = 1 << 20;

  /** The virtual machine and the libraries. */
  private static final long BASE = 300 * MIB;

  /** Garbage, for each byte that is alive. */
  private static final double GARBAGE = 0.6;

  /** Teacher and student. */
  private static final int BOTH = 2;

  private static final int TILE = 384;

  /** Rows, their Gram matrix or both, as the solver sees them: see {@link #learning(Layer)}. */
  private static final int SQUARES = 4;

  private static final int RECTANGLES = 7;

  /** The largest number of elements of a group's Gram matrices. */
  private static final long MOST_GRAM = 1 << 26;

  /** The columns that wait to be added to the moments, of two halves. */
  private static final long COLUMNS = 4L << 23;

  /**
   * Estimates a run.
   *
   * @param limit the largest number of samples to use
   * @param batch the batch size
   * @param budget the bytes of batches that are kept in memory
   */
  public static MemoryEstimate of(
      StageGraph graph, Plan plan, Dataset data, long limit, int batch, long budget) {
    SampleBatch sample;
    try (BatchReader reader = data.batches(1, Dataset.ALL)) {
      sample = reader.next();
    }
    if (sample == null) {
      throw new IllegalStateException("opened data have a sample");
    }
    int together = sample.samples(); // more than one if the model's batch size is fixed
    long samples = Math.min(limit, data.samples());
    Map<String, Long> sizes = sizes(graph, sample.inputs());
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    sample
        .inputs()
        .forEach((name, x) -> shapes.put(name, Arrays.stream(x.shape()).boxed().toList()));
    boolean wave = plan.schedule() == Plan.Schedule.WAVE;
    Optional<LearningEstimate> gradient = LearningEstimate.of(graph, plan, samples, sample);
    long inBatch = Math.min(samples, Math.max(batch, together));
    return new MemoryEstimate(
        samples,
        shapes,
        graph.model().proto().getSerializedSize()
            + graph.layers().stream().mapToLong(layer -> layer.weight().size()).sum()
            + RoundedConstant.of(graph, plan).stream().mapToLong(MemoryEstimate::ofStudent).sum(),
        wave || gradient.isPresent()
            ? Math.min(budget, BOTH * samples * widest(graph, sizes) / together)
            : 0,
        BOTH * inBatch * sum(sizes.values()) / together,
        learning(graph, plan, wave),
        gradient);
  }

  /** Returns the expected peak of the resident memory. */
  public long total() {
    long alive = model + kept + inFlight + Math.max(learning, byGradient());
    return BASE + alive + (long) (GARBAGE * alive);
  }

  /** Returns the bytes that learning by gradient takes, when the moments are gone. */
  public long byGradient() {
    return gradient.map(LearningEstimate::bytes).orElse(0L);
  }

  /** Returns a warning if the heap is too small, or the machine; empty if both suffice. */
  public Optional<String> warning() {
    return warning(
        Runtime.getRuntime().maxMemory(),
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getTotalMemorySize());
  }

  Optional<String> warning(long heap, long machine) {
    if (total() > machine) {
      return Optional.of(
          "the run is expected to take %s of memory and the machine has %s; batches of 1 and fewer samples need less"
              .formatted(Figures.bytes(total()), Figures.bytes(machine)));
    }
    long needed = total() - BASE;
    return needed > heap
        ? Optional.of(
            "the run is expected to take %s of heap and the virtual machine may take %s; set HALFSTEP_OPTS=-Xmx%dm"
                .formatted(Figures.bytes(needed), Figures.bytes(heap), needed / MIB + 1))
        : Optional.empty();
  }

  /** Returns the bytes of each tensor between stages, for the given inputs. */
  private static Map<String, Long> sizes(StageGraph graph, Map<String, Tensor> inputs) {
    Set<String> names = new LinkedHashSet<>();
    for (Stage stage : graph.stages()) {
      names.addAll(stage.inputs());
      names.addAll(stage.outputs());
    }
    Map<String, long[]> shapes = new HashMap<>();
    inputs.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    Map<String, Long> sizes = new HashMap<>();
    TensorTypes.infer(TensorTypes.withInputs(graph.model(), shapes), names)
        .forEach((name, port) -> sizes.put(name, bytes(port)));
    return sizes;
  }

  private static long bytes(Port port) {
    ElementType type = port.type();
    return type == null || port.shape().stream().anyMatch(dim -> dim < 0)
        ? 0
        : port.shape().stream().reduce((long) type.bytes(), (a, b) -> a * b);
  }

  /** The bytes that the layers of a level and the joins behind them keep, at the widest level. */
  private static long widest(StageGraph graph, Map<String, Long> sizes) {
    Map<String, Integer> made = new HashMap<>();
    Map<String, Integer> read = new HashMap<>();
    for (Stage stage : graph.stages()) {
      stage.outputs().forEach(name -> made.put(name, stage.level()));
      stage.inputs().forEach(name -> read.merge(name, stage.level(), Math::max));
    }
    Map<Integer, Long> byLevel = new TreeMap<>();
    read.forEach(
        (name, last) -> {
          for (int level = made.getOrDefault(name, 0) + 1; level <= last; level++) {
            byLevel.merge(level, sizes.getOrDefault(name, 0L), Long::sum);
          }
        });
    return greatest(byLevel.values());
  }

  private static long learning(StageGraph graph, Plan plan, boolean wave) {
    Map<Integer, Long> byLevel = new TreeMap<>();
    for (Stage stage : graph.stages()) {
      if (stage instanceof LayerStage layer && plan.layer(stage.name()).isPresent()) {
        byLevel.merge(wave ? stage.level() : 0, learning(layer.layer()), Long::sum);
      }
    }
    return greatest(byLevel.values());
  }

  /** The student's reals and integers. */
  private static long ofStudent(RoundedConstant constant) {
    return (Float.BYTES + 1) * (long) constant.constant().out() * constant.constant().k();
  }

  private static long sum(Collection<Long> bytes) {
    return bytes.stream().mapToLong(Long::longValue).sum();
  }

  private static long greatest(Collection<Long> bytes) {
    return bytes.stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** Totals of two halves, expanded, beside the factors that the solver makes of them. */
  private static long learning(Layer layer) {
    long k = layer.layout().k();
    long groups = layer.layout().groups();
    long pieces = (k * k + MOST_GRAM - 1) / MOST_GRAM;
    long square = Double.BYTES * groups * k * (k + TILE) / pieces;
    long rectangle = Double.BYTES * (long) layer.layout().out() * k;
    return SQUARES * square + RECTANGLES * rectangle + COLUMNS;
  }
}
