package com.example;

import io.halfstep.QuantizedModel;
import io.halfstep.Quantization;
import io.halfstep.plan.Plan;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Quantizes a network to 4 bits from arrays: {@code QuantizeArrays MODEL IMAGES.npz OUTPUT}. */
public final class QuantizeArrays {
  public static void main(String[] args) throws Exception {
    INDArray images = Nd4j.createFromNpzFile(Path.of(args[1]).toFile()).get("images");
    Stream<INDArray> batches =
        IntStream.range(0, 8)
            .mapToObj(i -> images.get(NDArrayIndex.interval(32 * i, 32 * (i + 1))));
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
}
