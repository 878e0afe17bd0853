package io.halfstep.calibration;

import io.halfstep.allocation.Allocation;
import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.checkpoint.StatisticsHistory;
import io.halfstep.distribution.ClippedNormal;
import io.halfstep.encodings.GivenEncodings;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.InputPort;
import io.halfstep.source.MaskInput;
import io.halfstep.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of a run, made by {@link #of}.
 *
 * @param graph the network
 * @param plan the quantization plan
 * @param source the calibration batches; streamed once per pass
 * @param hasSamples whether there are any; without, layers learn what batch norms imply
 * @param assumedInputs what is known of the graph's inputs without samples, by name
 * @param expectedSamples the expected number of samples, for estimates; 0 if unknown
 * @param inputs the inputs of the batches
 * @param mask the input that is 0 where the samples are padded; null if there is none
 * @param rejected gives the rejected samples by reason, at the end
 * @param threads the number of compute threads
 * @param memoryBytes memory for the batches kept between layers; batches in flight may take the
 *     same amount
 * @param spoolDirectory for the batches that exceed it
 * @param edgeCredit the largest number of bytes in flight between two stages; one batch is always
 *     allowed
 * @param listener receives progress events
 * @param checkpointing null for a run without checkpoints
 * @param history statistics of earlier runs over parts of the same stream; null if there are none
 * @param given the encodings of the plan's file; none before it is read
 * @param notes what was changed in the network before it is quantized, one line each
 * @param allocation how the plan's bits were chosen; null if it had no budget
 * @param curvature of the outputs' error along what blocks make that learn, by tensor; empty if it
 *     is not known
 */
public record CalibrationRequest(
    StageGraph graph,
    Plan plan,
    BatchSource source,
    boolean hasSamples,
    Map<String, ClippedNormal> assumedInputs,
    long expectedSamples,
    List<InputPort> inputs,
    @Nullable String mask,
    Supplier<Map<String, Long>> rejected,
    int threads,
    long memoryBytes,
    Path spoolDirectory,
    long edgeCredit,
    ProgressListener listener,
    @Nullable Checkpointing checkpointing,
    @Nullable StatisticsHistory history,
    GivenEncodings given,
    List<String> notes,
    @Nullable Allocation allocation,
    Map<String, Tensor> curvature) {

  /**
   * Returns a builder with defaults: as many threads as processors, {@link #defaultMemory}, the
   * system's folder for temporary files.
   */
  public static Builder of(StageGraph graph, Plan plan, BatchSource source) {
    return new Builder(graph, plan, source);
  }

  /** Returns the default of {@link #memoryBytes}. */
  public static long defaultMemory() {
    return Math.min(Runtime.getRuntime().maxMemory() / Builder.HEAP_SHARE, Builder.MOST_MEMORY);
  }

  /** Returns a builder initialized from this request. */
  public Builder toBuilder() {
    Builder builder = new Builder(graph, plan, source);
    builder.hasSamples = hasSamples;
    builder.assumedInputs = assumedInputs;
    builder.expectedSamples = expectedSamples;
    builder.inputs = inputs;
    builder.mask = mask;
    builder.rejected = rejected;
    builder.threads = threads;
    builder.memoryBytes = memoryBytes;
    builder.spoolDirectory = spoolDirectory;
    builder.edgeCredit = edgeCredit;
    builder.listener = listener;
    builder.checkpointing = checkpointing;
    builder.history = history;
    builder.given = given;
    builder.notes = notes;
    builder.allocation = allocation;
    builder.curvature = curvature;
    return builder;
  }

  /** Builds a request. */
  public static final class Builder {
    private static final int HEAP_SHARE = 4;
    private static final long MOST_MEMORY = 512 << 20;
    private static final int CREDIT_SHARE = 16;

    private Plan plan;
    private StageGraph graph;
    private BatchSource source;
    private boolean hasSamples = true;
    private Map<String, ClippedNormal> assumedInputs = Map.of();
    private long expectedSamples;
    private List<InputPort> inputs;
    private @Nullable String mask;
    private Supplier<Map<String, Long>> rejected = Map::of;
    private int threads = Runtime.getRuntime().availableProcessors();
    private long memoryBytes = defaultMemory();
    private Path spoolDirectory = Path.of(System.getProperty("java.io.tmpdir"));
    private @Nullable Long edgeCredit;
    private ProgressListener listener = ProgressListener.NONE;
    private @Nullable Checkpointing checkpointing;
    private @Nullable StatisticsHistory history;
    private GivenEncodings given = GivenEncodings.NONE;
    private List<String> notes = List.of();
    private @Nullable Allocation allocation;
    private Map<String, Tensor> curvature = Map.of();

    private Builder(StageGraph graph, Plan plan, BatchSource source) {
      this.graph = graph;
      this.plan = plan;
      this.source = source;
      this.inputs = Datasets.ports(graph.model());
    }

    /** Sets the network. */
    Builder graph(StageGraph graph) {
      this.graph = graph;
      return this;
    }

    /** Sets the quantization plan. */
    Builder plan(Plan plan) {
      this.plan = plan;
      return this;
    }

    /** Sets the encodings of the plan's file. */
    Builder given(GivenEncodings given) {
      this.given = given;
      return this;
    }

    /** Sets what was changed in the network. */
    Builder notes(List<String> notes) {
      this.notes = notes;
      return this;
    }

    /** Sets how the plan's bits were chosen. */
    Builder curvature(Map<String, Tensor> curvature) {
      this.curvature = curvature;
      return this;
    }

    Builder allocation(Allocation allocation) {
      this.allocation = allocation;
      return this;
    }

    /**
     * Runs without samples.
     *
     * @param assumed what is known of the graph's inputs, by name
     */
    public Builder withoutSamples(Map<String, ClippedNormal> assumed) {
      this.hasSamples = false;
      this.assumedInputs = assumed;
      return this;
    }

    /** Sets the calibration batches. */
    public Builder source(BatchSource source) {
      this.source = source;
      return this;
    }

    /** Sets the expected number of samples. */
    public Builder expectedSamples(long expectedSamples) {
      this.expectedSamples = expectedSamples;
      return this;
    }

    /** Sets the inputs of the batches; the model's by default. */
    public Builder inputs(List<InputPort> inputs) {
      this.inputs = inputs;
      return this;
    }

    /**
     * Sets the input that is 0 where the samples are padded; by default it is found by its name.
     */
    public Builder mask(@Nullable String mask) {
      this.mask = mask;
      return this;
    }

    /** Sets the supplier of the rejected samples by reason. */
    public Builder rejected(Supplier<Map<String, Long>> rejected) {
      this.rejected = rejected;
      return this;
    }

    /** Sets the number of compute threads. */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /** Sets the memory for the batches kept between layers. */
    public Builder memoryBytes(long memoryBytes) {
      this.memoryBytes = memoryBytes;
      return this;
    }

    /** Sets the folder for the batches that exceed it. */
    public Builder spoolDirectory(Path spoolDirectory) {
      this.spoolDirectory = spoolDirectory;
      return this;
    }

    /** Sets the bytes in flight between two stages; a sixteenth of the memory by default. */
    public Builder edgeCredit(long edgeCredit) {
      this.edgeCredit = edgeCredit;
      return this;
    }

    /** Sets the receiver of progress events. */
    public Builder listener(ProgressListener listener) {
      this.listener = listener;
      return this;
    }

    /** Enables checkpoints. */
    public Builder checkpointing(Checkpointing checkpointing) {
      this.checkpointing = checkpointing;
      return this;
    }

    /** Sets the statistics of earlier runs, which this run adds to its own; null for none. */
    public Builder history(@Nullable StatisticsHistory history) {
      this.history = history;
      return this;
    }

    /** Builds the request. */
    public CalibrationRequest build() {
      return new CalibrationRequest(
          graph,
          plan,
          source,
          hasSamples,
          assumedInputs,
          expectedSamples,
          inputs,
          MaskInput.of(inputs, mask),
          rejected,
          threads,
          memoryBytes,
          spoolDirectory,
          edgeCredit == null ? memoryBytes / CREDIT_SHARE : edgeCredit,
          listener,
          checkpointing,
          history,
          given,
          notes,
          allocation,
          curvature);
    }
  }
}
