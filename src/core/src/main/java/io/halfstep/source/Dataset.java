package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Samples for a model, in files. Any number of passes may be read, also side by side; each begins
 * at the first sample and yields the same batches.
 *
 * <p>What data may be, each of them one value of {@code --data}:
 *
 * <ul>
 *   <li>{@code file.npy}: the first axis counts samples, {@code [n, dims…]} for an input {@code [N,
 *       dims…]}. An axis of size 1 may be missing ({@code [n, 28, 28]} for {@code [N, 1, 28, 28]}),
 *       and a single sample needs no first axis.
 *   <li>{@code file.npz}: the array with the input's name, else the only one whose shape fits;
 *       {@code file.npz:array} picks one. For a model with several inputs, the arrays with their
 *       names.
 *   <li>{@code file.pb}: a serialized {@code onnx.TensorProto}.
 *   <li>{@code file.png}, {@code file.jpg}: one sample, see {@link ImageSpec}.
 *   <li>A folder of such files, read in the order of their names, one after another; sub-folders of
 *       pictures take turns. A folder with {@code INPUT.npy} for every one of several inputs.
 *   <li>An ONNX test data folder: {@code input_0.pb} for the first input and so on; or a folder of
 *       those.
 *   <li>{@code input=…}: any of these for one input. Of a model with several inputs, either all or
 *       none are bound so; the k-th files of all inputs belong together.
 * </ul>
 *
 * <p>Values are converted to the input's element type: integers as they are or not at all, floats
 * rounded to the nearest of a shorter type, and to integers only if they are integral. A sample
 * that does not fit, or holds NaN or an infinity, is rejected and counted; a file that can't be
 * read fails the pass.
 */
public final class Dataset {
  /** No limit on the number of samples. */
  public static final long ALL = Long.MAX_VALUE;

  private final List<String> data;
  private final List<InputPort> ports;
  private final List<SampleSet> sets;
  private final Normalization normalization;
  private final ImageSpec images;
  private final int fixedBatch;
  private volatile Rejections rejections = new Rejections();
  private volatile boolean passed;

  private Dataset(
      List<String> data, List<InputPort> ports, Normalization normalization, ImageSpec images) {
    this.data = List.copyOf(data);
    this.ports = List.copyOf(ports);
    this.sets = SampleSets.find(data, ports);
    this.normalization = normalization;
    this.images = images;
    this.fixedBatch = fixedBatch(ports);
  }

  /**
   * Finds the files and reads up to the first batch, so that data that don't fit fail here.
   *
   * @param data the values of {@code --data}
   * @param ports the model's inputs, in its order
   * @throws InvalidInputException if something is missing, can't be read, or fits no input; if the
   *     normalization does not fit; or if there is no usable sample
   */
  public static Dataset open(
      List<String> data, List<InputPort> ports, Normalization normalization, ImageSpec images) {
    if (data.isEmpty()) {
      throw new InvalidInputException("data: none given; name a file or a folder of samples");
    }
    if (ports.isEmpty()) {
      throw new InvalidInputException("data: the model has no inputs to feed");
    }
    normalization.check(ports);
    Dataset dataset = new Dataset(data, ports, normalization, images);
    try (BatchReader first = dataset.reader(new Rejections(), 1, ALL)) {
      first.next();
    }
    return dataset;
  }

  /** The batch size that inputs prescribe; 0 if they take any. */
  static int fixedBatch(List<InputPort> ports) {
    long[] sizes =
        ports.stream()
            .flatMapToLong(port -> LongStream.of(port.shape()).limit(1))
            .filter(size -> size > 0)
            .distinct()
            .toArray();
    if (sizes.length > 1) {
      throw new InvalidInputException(
          "model: its inputs have different fixed batch sizes: " + ports);
    }
    return sizes.length == 0 ? 0 : Math.toIntExact(sizes[0]);
  }

  /** The model's inputs. */
  public List<InputPort> inputs() {
    return ports;
  }

  /** The batch size that the model's inputs prescribe; 0 if they take any. */
  public int fixedBatch() {
    return fixedBatch;
  }

  /**
   * Begins a pass.
   *
   * @param batch the largest number of samples in a batch; a model's fixed batch size overrules it,
   *     and then samples that fill no batch are rejected
   * @param limit how many samples to read at most: the first ones that are accepted
   */
  public BatchReader batches(int batch, long limit) {
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
    return reader(counted, batch, limit);
  }

  private BatchReader reader(Rejections counted, int batch, long limit) {
    Admission admission = new Admission(ports, normalization, images.layout());
    SampleReader samples = new SampleReader(ports, sets, images, counted, admission::admit);
    return new BatchReader(this, samples, counted, fixedBatch > 0 ? fixedBatch : batch, limit);
  }

  void completed(Rejections ofPass) {
    rejections = ofPass;
    passed = true;
  }

  /**
   * What was rejected: in the last pass that was read to its end, or while there is none, so far in
   * the pass that began last.
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
