package io.halfstep.service;

import io.halfstep.service.samples.Receipt;
import io.halfstep.source.SampleBatch;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Npz;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * An unending job for the bundled ResNet-14 with 4-bit weights and 8-bit activations. Its stream is
 * the test images in random order, again and again, and may shift.
 */
final class ImageJob implements AutoCloseable {
  static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");
  static final Path MODEL = EXAMPLES.resolve("resnet14.onnx");

  private static final int PIXELS = Shift.SIDE * Shift.SIDE;
  private static final String PLAN =
      "weights = 4\nactivations = 8\nnormalize = \"mean=0.2860,std=0.3530,scale=255\"";

  private final LocalService service;
  private final String id;
  private final int validated;
  private final byte[][] images;
  private final Random random;
  private long fed;

  /**
   * @param generation samples of a version
   * @param validated samples that it is compared on
   * @param images of the test images, the first so many are streamed
   */
  ImageJob(Path state, int generation, int validated, int images, long seed) throws IOException {
    this.validated = validated;
    this.images = Arrays.copyOf(images(), images);
    this.random = new Random(seed);
    this.service =
        LocalService.start(LocalService.settings(state).with("publish.samples", validated));
    this.id = service.submitUnending(MODEL, PLAN, "resnet14", generation);
  }

  /** Returns the test images, 28×28 bytes each. */
  static byte[][] images() {
    try (Npz file = Npz.open(EXAMPLES.resolve("test.npz"))) {
      byte[] all = (byte[]) file.array("images").all().data();
      byte[][] images = new byte[all.length / PIXELS][];
      Arrays.setAll(images, i -> Arrays.copyOfRange(all, i * PIXELS, (i + 1) * PIXELS));
      return images;
    }
  }

  /** Feeds the next images of the stream. */
  void feed(Shift shift, long samples) throws InterruptedException {
    service.await(id, view -> live().intake() != null);
    for (long end = fed + samples; fed < end; fed++) {
      byte[] shifted = shift.of(next(), random);
      while (!taken(shifted)) {
        Thread.sleep(20); // until there is room for more
      }
    }
  }

  /**
   * Feeds what the next version needs, those that it is compared on included, and waits until it is
   * published or rejected. Returns its drift.
   */
  JobDrift generation(Shift shift) throws InterruptedException {
    long end = live().job().windowEnd();
    feed(shift, end + validated - fed);
    await(end);
    return live().drift();
  }

  /** Waits until the version that learns from the samples before this one is decided on. */
  void await(long end) throws InterruptedException {
    service.await(id, Duration.ofMinutes(10), view -> live().job().windowStart() == end);
  }

  private byte[] next() {
    int at = (int) (fed % images.length);
    if (at == 0) {
      shuffle();
    }
    return images[at];
  }

  private void shuffle() {
    for (int i = images.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      byte[] image = images[i];
      images[i] = images[j];
      images[j] = image;
    }
  }

  private boolean taken(byte[] image) {
    Tensor tensor = Tensor.of(ElementType.UINT8, image, 1, 1, Shift.SIDE, Shift.SIDE);
    Receipt receipt =
        LocalService.done(
            live()
                .intake()
                .offer(
                    admission -> admission.admit(List.of(new NamedTensor("image", tensor))),
                    1,
                    null));
    return receipt.taken() == 1;
  }

  /** Returns images as a batch of the model's input. */
  static SampleBatch batch(Shift shift, byte[]... images) {
    Random random = new Random(0);
    float[] pixels = new float[images.length * PIXELS];
    for (int i = 0; i < images.length; i++) {
      byte[] image = shift.of(images[i], random);
      for (int k = 0; k < PIXELS; k++) {
        pixels[i * PIXELS + k] = (Byte.toUnsignedInt(image[k]) / 255f - 0.2860f) / 0.3530f;
      }
    }
    Tensor tensor = Tensor.of(pixels, images.length, 1, Shift.SIDE, Shift.SIDE);
    return new SampleBatch(0, 0, images.length, Map.of("image", tensor));
  }

  LiveJob live() {
    return service.job(id);
  }

  Path version(int number) {
    return service.service().published(live(), number, "model.onnx").orElseThrow();
  }

  @Override
  public void close() {
    service.close();
  }
}
