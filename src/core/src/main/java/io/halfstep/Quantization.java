package io.halfstep;

import akka.actor.typed.ActorSystem;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import io.halfstep.calibration.BranchConditions;
import io.halfstep.calibration.Calibration;
import io.halfstep.calibration.CalibrationException;
import io.halfstep.calibration.CalibrationRequest;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.calibration.Datasets;
import io.halfstep.calibration.Progress;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.calibration.WithoutSamples;
import io.halfstep.failure.Fault;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.StageGraph;
import io.halfstep.inspection.Batching;
import io.halfstep.inspection.InputCheck;
import io.halfstep.inspection.MemoryEstimate;
import io.halfstep.model.Model;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.source.Dataset;
import io.halfstep.source.Rejections.Reason;
import io.halfstep.source.Sources;
import io.halfstep.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes a network: the whole pipeline as a library.
 *
 * <pre>{@code
 * QuantizedModel quantized =
 *     Quantization.of(Path.of("model.onnx"))
 *         .data("samples.npz")
 *         .normalize("mean=0.2860,std=0.3530,scale=255")
 *         .plan(Plan.DEFAULT.toBuilder().weightBits(3).build())
 *         .run();
 * quantized.write(Path.of("model.int3.onnx"));
 * }</pre>
 *
 * <p>Not thread-safe. Errors in the model, the data or an option are reported by an {@link
 * InvalidInputException}, whose message is one line.
 */
public final class Quantization {
  private static final String SYNTHETIC =
      "the samples are synthetic, made of what the model's batch norms know: ranges, roundings and"
          + " all figures, also those on samples held back, are of these, not of real data";

  private final Model model;
  private final StageGraph undecided;
  private StageGraph graph;
  private Plan plan = Plan.DEFAULT;
  private DataSettings data = DataSettings.NONE;
  private ResourceSettings resources = ResourceSettings.NONE;
  private ProgressListener listener = ProgressListener.NONE;
  private @Nullable ActorSystem<?> system;
  private @Nullable List<Map<String, Tensor>> arrays;
  private @Nullable Dataset synthetic;

  private Quantization(Model model) {
    this.model = model;
    this.undecided = StageGraph.of(model);
    this.graph = undecided;
  }

  /**
   * Loads the float model.
   *
   * @throws InvalidInputException if it is not an ONNX model or has no layer to quantize
   */
  public static Quantization of(Path model) {
    return new Quantization(Model.read(model));
  }

  /**
   * Loads a float model without external data.
   *
   * @param model the content of an ONNX file
   * @throws InvalidInputException as {@link #of(Path)}, or if values are in other files
   */
  public static Quantization of(byte[] model) {
    return of(new ByteArrayInputStream(model));
  }

  /** Loads a float model without external data from a stream, which stays open. */
  public static Quantization of(InputStream model) {
    return new Quantization(Model.read(model));
  }

  /**
   * Returns what is to be doubted before a run, one line each: samples that the model was hardly
   * trained on, too little memory.
   *
   * @throws InvalidInputException if the data are invalid
   */
  public List<String> warnings() {
    if (!hasSamples()) {
      return List.of();
    }
    List<String> warnings =
        new ArrayList<>(InputCheck.warnings(model, open(), !data.normalization().isEmpty()));
    memory().warning().ifPresent(warnings::add);
    if (synthetic != null) {
      warnings.add(SYNTHETIC);
    }
    return warnings;
  }

  /**
   * Returns the memory that a run is expected to take.
   *
   * @throws InvalidInputException if the data are invalid
   */
  public MemoryEstimate memory() {
    Long budget = resources.memory();
    Dataset dataset = open();
    StageGraph decided = decide(dataset);
    return MemoryEstimate.of(
        decided,
        plan,
        dataset,
        limit(),
        Batching.of(decided, plan, data.batch()),
        budget == null ? CalibrationRequest.defaultMemory() : budget);
  }

  /**
   * Says what is to be learned by gradient, for how long and in how much memory; empty if nothing.
   *
   * @throws InvalidInputException if the data are invalid
   */
  public Optional<String> learning() {
    return !hasSamples()
        ? Optional.empty()
        : memory().gradient().map(learning -> learning.describe(threads()));
  }

  private int threads() {
    Integer threads = resources.threads();
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  private boolean hasSamples() {
    return arrays != null || !data.files().isEmpty();
  }

  private long limit() {
    Long limit = data.samples();
    return limit == null ? Dataset.ALL : limit;
  }

  /** Returns the float model. */
  public Model model() {
    return model;
  }

  /** Finds the branches of {@code If} nodes that the samples take. */
  private StageGraph decide(Dataset dataset) {
    int batch = Batching.of(graph, plan, data.batch());
    graph = BranchConditions.decide(graph, () -> dataset.batches(batch, limit()));
    return graph;
  }

  /**
   * Returns the network as stages: its layers, and the nodes that stay in float. Which branches of
   * {@code If} nodes are taken is known after {@link #memory}, {@link #warnings} or {@link #run}.
   */
  public StageGraph graph() {
    return graph;
  }

  /** Sets the quantization plan. The default is {@link Plan#DEFAULT}. */
  public Quantization plan(Plan what) {
    plan = what;
    return this;
  }

  /** Sets the calibration samples, as for {@code --data}: see {@link Dataset}. */
  public Quantization data(String... paths) {
    return data(DataSettings.NONE.withFiles(List.of(paths)));
  }

  /**
   * Sets the calibration samples of a model with one input. They are copied to the heap at once.
   *
   * @param batches each {@code [n, dims…]} for an input {@code [N, dims…]}, of any element type
   *     that converts to the input's without loss; their sizes do not matter
   * @throws InvalidInputException if the model has several inputs, or elements are no numbers
   */
  public Quantization data(Iterable<INDArray> batches) {
    return data(StreamSupport.stream(batches.spliterator(), false));
  }

  /** The same of a stream, which is closed. */
  public Quantization data(Stream<INDArray> batches) {
    String input = Datasets.onlyInput(model);
    try (batches) {
      return samples(batches.map(batch -> Map.of(input, NdArrays.tensor(batch))).toList());
    }
  }

  /**
   * The same of an Akka stream, which is run to its end at once.
   *
   * @param system that runs it
   * @throws CompletionException if it fails
   */
  public Quantization data(Source<INDArray, ?> batches, ActorSystem<?> system) {
    return data(batches.runWith(Sink.seq(), system).toCompletableFuture().join());
  }

  /**
   * Sets the calibration samples of a model with several inputs, which are copied at once.
   *
   * @param batches each with an array {@code [n, dims…]} of every input, by name
   * @throws InvalidInputException if elements are no numbers
   */
  public Quantization namedData(Iterable<Map<String, INDArray>> batches) {
    List<Map<String, Tensor>> copied = new ArrayList<>();
    for (Map<String, INDArray> batch : batches) {
      Map<String, Tensor> inputs = new HashMap<>();
      batch.forEach((input, array) -> inputs.put(input, NdArrays.tensor(array)));
      copied.add(inputs);
    }
    return samples(copied);
  }

  private Quantization samples(List<Map<String, Tensor>> copied) {
    arrays = copied;
    return data(DataSettings.NONE.withFiles(List.of()));
  }

  /** Sets the conversion of images, as for {@code --image}. */
  public Quantization image(String specification) {
    return data(DataSettings.NONE.withImage(specification));
  }

  /** Sets the normalization of the samples, as for {@code --normalize}. */
  public Quantization normalize(String specification) {
    return data(DataSettings.NONE.withNormalization(List.of(specification)));
  }

  /** Sets the largest number of samples. The default is all. */
  public Quantization samples(long count) {
    return data(DataSettings.NONE.withSamples(count));
  }

  /** Sets the calibration samples. Settings that are absent keep their values. */
  public Quantization data(DataSettings more) {
    data = more.over(data);
    if (!more.files().isEmpty()) {
      arrays = null;
    }
    graph = undecided;
    synthetic = null;
    return this;
  }

  /** Sets the resources of the run. Settings that are absent keep their values. */
  public Quantization resources(ResourceSettings more) {
    resources = more.over(resources);
    return this;
  }

  /** Sets the number of compute threads. The default is one for each processor. */
  public Quantization threads(int count) {
    return resources(ResourceSettings.NONE.withThreads(count));
  }

  /** Sets the memory for batches kept between layers, in bytes; more are spooled to disk. */
  public Quantization memory(long bytes) {
    return resources(ResourceSettings.NONE.withMemory(bytes));
  }

  /**
   * Sets the actor system of the run, which goes on after it. The default is one of its own, which
   * ends with the run.
   */
  public Quantization actorSystem(ActorSystem<?> host) {
    system = host;
    return this;
  }

  /** Sets the listener that receives progress events, from any thread. */
  public Quantization onProgress(ProgressListener who) {
    listener = who;
    return this;
  }

  /**
   * Makes the samples of {@code --data synthetic}, with the plan's seed; does nothing if there are
   * samples. {@link #run} does it by itself, other methods that read samples do not.
   *
   * @throws InvalidInputException if none can be made for the model
   * @throws InterruptedException if the thread is interrupted, after the work has ended
   */
  public Quantization synthesize() throws InterruptedException {
    int count = data.synthetic();
    if (count > 0 && synthetic == null) {
      synthetic =
          Datasets.synthesize(
              data,
              undecided.model(),
              plan.seed(),
              threads(),
              share -> listener.update(synthesizing(count, share)));
    }
    return this;
  }

  private static Progress synthesizing(int count, double share) {
    return new Progress("synthesize", "", (long) (share * count), count, 0, Double.NaN, share);
  }

  /**
   * Opens the data and checks that they fit the model.
   *
   * @throws InvalidInputException if something is missing or fits no input of the model
   */
  public Dataset open() {
    if (synthetic != null) {
      return synthetic;
    }
    return arrays == null ? Datasets.open(data, model) : Datasets.of(arrays, data, model);
  }

  /**
   * Runs the quantization; without samples if none are set: see {@link WithoutSamples}.
   *
   * @throws InvalidInputException if the plan names layers that do not exist, or the data are
   *     invalid
   * @throws CalibrationException if a stage fails
   * @throws InterruptedException if the thread is interrupted, after the run has released its
   *     resources
   */
  public QuantizedModel run() throws InterruptedException {
    CalibrationRequest.Builder request =
        hasSamples() ? synthesize().withSamples() : withoutSamples();
    CalibrationRequest complete = withResources(request.listener(listener));
    return new QuantizedModel(
        await(system == null ? Calibration.start(complete) : Calibration.start(complete, system)));
  }

  /**
   * Runs the quantization on a thread of its own. Do not change the settings until it has ended.
   *
   * @return completes when the run has released its resources, or fails as {@link #run}; cancelling
   *     it ends the run soon after
   */
  public CompletableFuture<QuantizedModel> runAsync() {
    CompletableFuture<QuantizedModel> outcome = new CompletableFuture<>();
    Thread runner =
        new Thread(
            () -> {
              try {
                outcome.complete(run());
              } catch (Exception | Error e) {
                outcome.completeExceptionally(e);
              }
            },
            "halfstep-run");
    var unused =
        outcome.whenComplete(
            (quantized, failure) -> {
              if (outcome.isCancelled()) {
                runner.interrupt();
              }
            });
    runner.start();
    return outcome;
  }

  private CalibrationRequest.Builder withoutSamples() {
    requireLayers(graph);
    return WithoutSamples.request(graph, plan, data);
  }

  private void requireLayers(StageGraph decided) {
    plan.requireLayers(model.path().toString(), decided.possibleLayers());
  }

  private CalibrationRequest.Builder withSamples() {
    Dataset dataset = open();
    StageGraph decided = decide(dataset);
    requireLayers(decided);
    long samples = limit();
    int batch = Batching.of(decided, plan, data.batch());
    return CalibrationRequest.of(
            decided, plan, first -> Sources.batches(dataset, batch, samples).drop(first))
        .expectedSamples(samples == Dataset.ALL ? 0 : samples)
        .inputs(dataset.inputs())
        .mask(dataset.mask())
        .rejected(() -> rejected(dataset));
  }

  private CalibrationRequest withResources(CalibrationRequest.Builder request) {
    if (resources.threads() != null) {
      request.threads(resources.threads());
    }
    if (resources.memory() != null) {
      request.memoryBytes(resources.memory());
    }
    if (resources.spoolDirectory() != null) {
      request.spoolDirectory(resources.spoolDirectory());
    }
    CalibrationRequest complete = request.build();
    Path folder = complete.spoolDirectory();
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new InvalidInputException(
          "spool folder %s: expected a folder that can be written to".formatted(folder));
    }
    return complete;
  }

  private static CalibrationResult await(Calibration calibration) throws InterruptedException {
    try {
      return calibration.result().get();
    } catch (ExecutionException e) {
      throw failure(Objects.requireNonNull(e.getCause()));
    } catch (InterruptedException e) {
      calibration.cancel();
      var unused = calibration.result().handle((result, failure) -> true).join();
      throw e;
    }
  }

  /** Adds advice to a failure. */
  private static RuntimeException failure(Throwable cause) {
    if (cause instanceof CalibrationException failure && failure.fault().mayPass()) {
      String remedy =
          failure.fault() == Fault.DISK
              ? "make room there, choose another spool folder, or let more be kept in memory"
              : "increase the heap (-Xmx), or use batches of 1";
      return new CalibrationException(failure.getMessage() + "; " + remedy, failure.fault());
    }
    return cause instanceof RuntimeException failure
        ? failure
        : new CalibrationException(String.valueOf(cause), Fault.of(cause));
  }

  private static Map<String, Long> rejected(Dataset data) {
    return data.rejections().reasons().stream()
        .collect(Collectors.toMap(Reason::reason, Reason::count));
  }
}
