package io.halfstep.calibration;

import io.halfstep.checkpoint.Checkpointing;
import io.halfstep.graph.StageGraph;
import io.halfstep.plan.Plan;
import io.halfstep.source.MaskInput;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The inputs of a run, made by {@link #of}.
 *
 * @param graph the network
 * @param plan the quantization plan
 * @param source the calibration batches; streamed once per pass
 * @param expectedSamples the expected number of samples, for estimates; 0 if unknown
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
 */
public record CalibrationRequest(
    StageGraph graph,
    Plan plan,
    BatchSource source,
    long expectedSamples,
    @Nullable String mask,
    Supplier<Map<String, Long>> rejected,
    int threads,
    long memoryBytes,
    Path spoolDirectory,
    long edgeCredit,
    ProgressListener listener,
    @Nullable Checkpointing checkpointing) {

  /**
   * A request with defaults: as many threads as there are processors, a quarter of the heap, the
   * system's folder for temporary files.
   */
  public static Builder of(StageGraph graph, Plan plan, BatchSource source) {
    return new Builder(graph, plan, source);
  }

  /** The same, to be changed. */
  public Builder toBuilder() {
    Builder builder = new Builder(graph, plan, source);
    builder.expectedSamples = expectedSamples;
    builder.mask = mask;
    builder.rejected = rejected;
    builder.threads = threads;
    builder.memoryBytes = memoryBytes;
    builder.spoolDirectory = spoolDirectory;
    builder.edgeCredit = edgeCredit;
    builder.listener = listener;
    builder.checkpointing = checkpointing;
    return builder;
  }

  /** Collects what a run needs. */
  public static final class Builder {
    private static final int HEAP_SHARE = 4;
    private static final int CREDIT_SHARE = 16;

    private final StageGraph graph;
    private final Plan plan;
    private BatchSource source;
    private long expectedSamples;
    private @Nullable String mask;
    private Supplier<Map<String, Long>> rejected = Map::of;
    private int threads = Runtime.getRuntime().availableProcessors();
    private long memoryBytes = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    private Path spoolDirectory = Path.of(System.getProperty("java.io.tmpdir"));
    private @Nullable Long edgeCredit;
    private ProgressListener listener = ProgressListener.NONE;
    private @Nullable Checkpointing checkpointing;

    private Builder(StageGraph graph, Plan plan, BatchSource source) {
      this.graph = graph;
      this.plan = plan;
      this.source = source;
    }

    /** The calibration batches. */
    public Builder source(BatchSource source) {
      this.source = source;
      return this;
    }

    /** How many samples will come. */
    public Builder expectedSamples(long expectedSamples) {
      this.expectedSamples = expectedSamples;
      return this;
    }

    /** Which input is 0 where the samples are padded; otherwise it is found by its name. */
    public Builder mask(@Nullable String mask) {
      this.mask = mask;
      return this;
    }

    /** Who knows why how many samples were refused. */
    public Builder rejected(Supplier<Map<String, Long>> rejected) {
      this.rejected = rejected;
      return this;
    }

    /** How many threads compute. */
    public Builder threads(int threads) {
      this.threads = threads;
      return this;
    }

    /** How much of the batches kept between layers stays in memory. */
    public Builder memoryBytes(long memoryBytes) {
      this.memoryBytes = memoryBytes;
      return this;
    }

    /** Where the rest goes. */
    public Builder spoolDirectory(Path spoolDirectory) {
      this.spoolDirectory = spoolDirectory;
      return this;
    }

    /** How many bytes may be in flight between two stages; otherwise a sixteenth of the memory. */
    public Builder edgeCredit(long edgeCredit) {
      this.edgeCredit = edgeCredit;
      return this;
    }

    /** Who is told of the progress. */
    public Builder listener(ProgressListener listener) {
      this.listener = listener;
      return this;
    }

    /** That the run survives its process. */
    public Builder checkpointing(Checkpointing checkpointing) {
      this.checkpointing = checkpointing;
      return this;
    }

    /** The request. */
    public CalibrationRequest build() {
      return new CalibrationRequest(
          graph,
          plan,
          source,
          expectedSamples,
          MaskInput.of(Datasets.ports(graph.model()), mask),
          rejected,
          threads,
          memoryBytes,
          spoolDirectory,
          edgeCredit == null ? memoryBytes / CREDIT_SHARE : edgeCredit,
          listener,
          checkpointing);
    }
  }
}
