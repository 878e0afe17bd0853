package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Samples for a model, in files. Any number of passes may be read, also concurrently; each begins
 * at the first sample and yields the same batches.
 *
 * <p>Each value of {@code --data} is one of:
 *
 * <ul>
 *   <li>{@code file.npy}: the first axis counts samples, {@code [n, dims…]} for an input {@code [N,
 *       dims…]}. An axis of size 1 may be missing ({@code [n, 28, 28]} for {@code [N, 1, 28, 28]}),
 *       and a single sample needs no first axis.
 *   <li>{@code file.npz}: the array with the input's name, else the only array whose shape fits;
 *       {@code file.npz:array} picks one. For a model with several inputs, the arrays with their
 *       names.
 *   <li>{@code file.pb}: a serialized {@code onnx.TensorProto}.
 *   <li>{@code file.png}, {@code file.jpg}: one sample, see {@link ImageSpec}.
 *   <li>A folder of such files, read in the order of their names, one after another; images of
 *       sub-folders are interleaved. A folder with {@code INPUT.npy} for every one of several
 *       inputs.
 *   <li>An ONNX test data folder: {@code input_0.pb} for the first input and so on; or a folder of
 *       those.
 *   <li>{@code file@1}: samples along axis 1 instead of the first, as in recurrent states {@code
 *       [layers, N, dims…]}. The axis is found by itself where it has the same symbolic size as the
 *       first input's first axis.
 *   <li>An array without axes: one value for all samples.
 *   <li>{@code input=…}: any of these for one input. Of several inputs, either all or none are
 *       bound; the k-th files of all inputs belong together.
 * </ul>
 *
 * <p>Values are converted to the input's element type: integers exactly, floats to the nearest
 * value of a shorter type, and to integers only if they are integral. A sample that does not fit,
 * or has NaN or infinities, is rejected and counted; a file that can't be read fails the pass.
 */
public final class Dataset {
  /** No limit on the number of samples. */
  public static final long ALL = Long.MAX_VALUE;

  private final List<String> data;
  private final List<InputPort> ports;
  private final List<SampleSet> sets;
  private final Normalization normalization;
  private final ImageSpec images;
  private final Collation collation;
  private final int fixedBatch;
  private volatile Rejections rejections = new Rejections();
  private volatile boolean passed;

  private Dataset(
      List<String> data,
      List<InputPort> ports,
      List<SampleSet> sets,
      Normalization normalization,
      ImageSpec images,
      @Nullable String mask) {
    this.data = List.copyOf(data);
    this.ports = ports;
    this.sets = sets;
    this.normalization = normalization;
    this.images = images;
    this.collation = new Collation(this.ports, mask);
    this.fixedBatch = fixedBatch(this.ports);
  }

  /**
   * Finds the files and reads the first batch, so that data that don't fit fail here.
   *
   * @param data the values of {@code --data}
   * @param ports the model's inputs, in its order
   * @throws InvalidInputException if something is missing, can't be read, or fits no input; if the
   *     normalization does not fit; or if there is no usable sample
   */
  public static Dataset open(
      List<String> data, List<InputPort> ports, Normalization normalization, ImageSpec images) {
    return open(data, ports, normalization, images, null);
  }

  /**
   * The same for sequences that may be padded to a common length.
   *
   * @param mask the input that tells padding, see {@link MaskInput}; null if none does
   */
  public static Dataset open(
      List<String> data,
      List<InputPort> ports,
      Normalization normalization,
      ImageSpec images,
      @Nullable String mask) {
    if (data.isEmpty()) {
      throw new InvalidInputException("data: missing; name a file or a folder of samples");
    }
    if (ports.isEmpty()) {
      throw new InvalidInputException("data: the model has no inputs");
    }
    normalization.check(ports);
    List<InputPort> batched = batched(SampleSets.alongAxes(data, ports));
    Dataset dataset =
        new Dataset(data, batched, SampleSets.find(data, batched), normalization, images, mask);
    try (BatchReader first = dataset.reader(new Rejections(), 1, 1, ALL)) {
      first.next();
    }
    return dataset;
  }

  /**
   * Samples in memory for a model with one input, which are used as they are.
   *
   * @param name in messages
   * @param samples {@code [n, dims…]} for an input {@code [N, dims…]}
   */
  public static Dataset of(InputPort port, String name, Tensor samples) {
    return of(List.of(Map.of(port.name(), samples)), List.of(port), name, Normalization.NONE, null);
  }

  /**
   * Samples in memory.
   *
   * @param arrays of each input by name, {@code [n, dims…]} for an input {@code [N, dims…]}; the
   *     samples of one element follow those of the one before
   * @param name in messages
   * @param mask the input that tells padding, see {@link MaskInput}; null if none does
   * @throws InvalidInputException if an input has no array, or the normalization does not fit
   */
  public static Dataset of(
      List<Map<String, Tensor>> arrays,
      List<InputPort> ports,
      String name,
      Normalization normalization,
      @Nullable String mask) {
    normalization.check(ports);
    Set<String> inputs = ports.stream().map(InputPort::name).collect(Collectors.toSet());
    List<SampleSet> sets = new ArrayList<>();
    for (Map<String, Tensor> each : arrays) {
      if (!each.keySet().equals(inputs)) {
        throw new InvalidInputException(
            "%s: found arrays for %s, expected one for each input: %s"
                .formatted(name, new TreeSet<>(each.keySet()), new TreeSet<>(inputs)));
      }
      Map<String, SampleArray> set = new HashMap<>();
      each.forEach((input, tensor) -> set.put(input, new SampleArray.InMemory(name, tensor)));
      sets.add(new SampleSet(set));
    }
    return new Dataset(List.of(name), ports, sets, normalization, ImageSpec.DEFAULT, mask);
  }

  /** Returns the fixed batch size of inputs; 0 if they take any. */
  public static int fixedBatch(List<InputPort> ports) {
    long[] sizes = fixedBatches(ports);
    if (sizes.length > 1) {
      throw new InvalidInputException(
          "model: its inputs have different fixed batch sizes: " + ports);
    }
    return sizes.length == 0 ? 0 : Math.toIntExact(sizes[0]);
  }

  private static long[] fixedBatches(List<InputPort> ports) {
    return ports.stream()
        .mapToLong(InputPort::fixedBatch)
        .filter(size -> size > 0)
        .distinct()
        .toArray();
  }

  /** If no batch size suits all inputs, a sample is what the model takes in one run. */
  private static List<InputPort> batched(List<InputPort> ports) {
    return fixedBatches(ports).length <= 1
        ? List.copyOf(ports)
        : ports.stream().map(port -> port.withBatchAxis(InputPort.NONE)).toList();
  }

  /** Returns whether any of the files is an image. */
  public boolean hasImages() {
    return sets.stream()
        .flatMap(set -> set.arrays().values().stream())
        .anyMatch(SampleArray::isImage);
  }

  /** Returns the number of samples in the files, before any is rejected. */
  public long samples() {
    long count = 0;
    for (SampleSet set : sets) {
      try (SampleReader reader = reader(List.of(set), new Rejections())) {
        count += reader.count();
      }
    }
    return count;
  }

  /** Returns the model's inputs. */
  public List<InputPort> inputs() {
    return ports;
  }

  /** Returns the input that tells padding; null if none does. */
  public @Nullable String mask() {
    return collation.mask();
  }

  Collation collation() {
    return collation;
  }

  /** Returns the model's fixed batch size; 0 if it takes any. */
  public int fixedBatch() {
    return fixedBatch;
  }

  /**
   * Begins a pass in the order of the data.
   *
   * @param batch the largest number of samples in a batch; a model's fixed batch size overrides it,
   *     and then samples that fill no batch are rejected
   * @param limit the largest number of accepted samples to read
   */
  public BatchReader batches(int batch, long limit) {
    return pass(1, batch, limit);
  }

  /**
   * The same in an order that lets more samples share a batch: those of one shape or, if there is a
   * mask, of similar length follow one another. It does not depend on the batch size.
   */
  public BatchReader grouped(int batch, long limit) {
    return pass(SampleOrder.WINDOW, batch, limit);
  }

  private BatchReader pass(int window, int batch, long limit) {
    if (batch < 1) {
      throw new InvalidInputException("batch: " + batch + ", expected at least 1");
    }
    if (limit < 1) {
      throw new InvalidInputException("samples: " + limit + ", expected at least 1");
    }
    Rejections counted = new Rejections();
    if (!passed) {
      rejections = counted;
    }
    return reader(counted, window, batch, limit);
  }

  private BatchReader reader(Rejections counted, int window, int batch, long limit) {
    return new BatchReader(
        this,
        reader(sets, counted),
        counted,
        new SampleOrder(collation, window),
        fixedBatch > 0 ? fixedBatch : batch,
        limit);
  }

  private SampleReader reader(List<SampleSet> of, Rejections counted) {
    Admission admission = new Admission(ports, normalization, images.layout());
    return new SampleReader(ports, of, images, counted, admission::admit);
  }

  void completed(Rejections ofPass) {
    rejections = ofPass;
    passed = true;
  }

  /**
   * Returns the rejected samples of the last completed pass or, before there is one, of the latest
   * pass so far.
   */
  public Rejections rejections() {
    return rejections;
  }

  /** For messages. */
  @Override
  public String toString() {
    int more = data.size() - 3;
    return String.join(", ", data.subList(0, Math.min(3, data.size())))
        + (more > 0 ? " and " + more + " more" : "");
  }
}
