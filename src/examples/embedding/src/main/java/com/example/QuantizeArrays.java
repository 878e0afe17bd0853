package com.example;

import io.halfstep.Quantization;
import io.halfstep.QuantizedModel;
import io.halfstep.plan.Plan;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Quantizes a network to 4 bits from arrays: {@code QuantizeArrays MODEL IMAGES.npz OUTPUT}. */
public final class QuantizeArrays {
  private static final int PIXELS = 28 * 28;
  private static final int BATCH = 32;

  public static void main(String[] args) throws Exception {
    byte[] npy;
    try (FileSystem npz = FileSystems.newFileSystem(Path.of(args[1]))) {
      npy = Files.readAllBytes(npz.getPath("images.npy"));
    }
    Stream<INDArray> batches = IntStream.range(0, 8).mapToObj(i -> images(npy, i * BATCH));
    QuantizedModel quantized =
        Quantization.of(Path.of(args[0]))
            .data(batches)
            .normalize("mean=0.2860,std=0.3530,scale=255")
            .plan(Plan.DEFAULT.toBuilder().weightBits(4).build())
            .onProgress(p -> System.out.printf("%3.0f %% %s%n", 100 * p.share(), p.pass()))
            .run();
    quantized.write(Path.of(args[2]));
    System.out.printf("%s: %d bytes%n", args[2], quantized.bytes());
  }

  /** A batch of the images, whose bytes follow each other behind the file's header. */
  private static INDArray images(byte[] npy, int first) {
    int start = npy.length % PIXELS + first * PIXELS;
    float[] pixels = new float[BATCH * PIXELS];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = npy[start + i] & 0xff;
    }
    return Nd4j.create(pixels, new int[] {BATCH, 1, 28, 28});
  }
}
