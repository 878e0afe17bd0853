package io.halfstep;

import io.halfstep.calibration.Batching;
import io.halfstep.calibration.Calibration;
import io.halfstep.calibration.CalibrationException;
import io.halfstep.calibration.CalibrationRequest;
import io.halfstep.calibration.CalibrationResult;
import io.halfstep.calibration.ProgressListener;
import io.halfstep.failure.Fault;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StageGraph;
import io.halfstep.model.Model;
import io.halfstep.plan.DataSettings;
import io.halfstep.plan.Plan;
import io.halfstep.plan.ResourceSettings;
import io.halfstep.source.Dataset;
import io.halfstep.source.Rejections.Reason;
import io.halfstep.source.Sources;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

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
 * <p>Not thread-safe. What is wrong with a model, the data or an option is an {@link
 * InvalidInputException} with one line that says what, where and what to do.
 */
public final class Quantization {
  private final Model model;
  private final StageGraph graph;
  private Plan plan = Plan.DEFAULT;
  private DataSettings data = DataSettings.NONE;
  private ResourceSettings resources = ResourceSettings.NONE;
  private ProgressListener listener = ProgressListener.NONE;

  private Quantization(Model model) {
    this.model = model;
    this.graph = StageGraph.of(model);
  }

  /**
   * Begins with a float model.
   *
   * @throws InvalidInputException if it is no ONNX model, or has no layer to quantize
   */
  public static Quantization of(Path model) {
    return new Quantization(Model.read(model));
  }

  /** The network as stages: which layers there are, and what stays in float. */
  public StageGraph graph() {
    return graph;
  }

  /** What to make of the network; otherwise {@link Plan#DEFAULT}. */
  public Quantization plan(Plan what) {
    plan = what;
    return this;
  }

  /** The calibration samples, as {@code --data} takes them: see {@link Dataset}. */
  public Quantization data(String... paths) {
    return data(DataSettings.NONE.withFiles(List.of(paths)));
  }

  /** How the samples are normalized, as {@code --normalize} takes it. */
  public Quantization normalize(String specification) {
    return data(DataSettings.NONE.withNormalization(List.of(specification)));
  }

  /** How many samples to use at most; otherwise all. */
  public Quantization samples(long count) {
    return data(DataSettings.NONE.withSamples(count));
  }

  /** The calibration samples; what is not said here stays as it was. */
  public Quantization data(DataSettings more) {
    data = more.over(data);
    return this;
  }

  /** What the run may use of the machine; what is not said here stays as it was. */
  public Quantization resources(ResourceSettings more) {
    resources = more.over(resources);
    return this;
  }

  /** Who is told of the progress. */
  public Quantization progress(ProgressListener who) {
    listener = who;
    return this;
  }

  /**
   * Opens the data: what does not fit the model is found here.
   *
   * @throws InvalidInputException if something is missing or fits no input of the model
   */
  public Dataset open() {
    return Datasets.open(data, model);
  }

  /**
   * Runs to the end.
   *
   * @throws InvalidInputException if the plan names layers that are not there, or the data are at
   *     fault
   * @throws CalibrationException if a stage fails
   * @throws InterruptedException if the thread is interrupted; all that the run held is given back
   *     by then
   */
  public QuantizedModel run() throws InterruptedException {
    plan.requireLayers(model.path().toString(), graph.layers().stream().map(Layer::name).toList());
    Dataset dataset = open();
    long samples = data.samples() == null ? Dataset.ALL : data.samples();
    int batch = Batching.of(graph, data.batch());
    CalibrationRequest.Builder request =
        CalibrationRequest.of(
                graph, plan, first -> Sources.batches(dataset, batch, samples).drop(first))
            .expectedSamples(samples == Dataset.ALL ? 0 : samples)
            .rejected(() -> rejected(dataset))
            .listener(listener);
    return new QuantizedModel(await(Calibration.start(withResources(request))));
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
          "--spool-dir %s: expected a folder that can be written to".formatted(folder));
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

  /** With what to do about it. */
  private static RuntimeException failure(Throwable cause) {
    if (cause instanceof CalibrationException failure && failure.fault().mayPass()) {
      String remedy =
          failure.fault() == Fault.DISK
              ? "make room there, choose another folder with --spool-dir, or keep more in memory"
                  + " with --memory"
              : "give the virtual machine more, or use --batch 1";
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
