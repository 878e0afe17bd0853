package io.halfstep;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.javadsl.Behaviors;
import akka.stream.javadsl.Source;
import io.halfstep.calibration.Progress;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.source.BatchReader;
import io.halfstep.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The library, with the model and the samples in memory. */
class QuantizationTest {
  private static final Path EXAMPLES = Path.of("src/examples/fashion-mnist");
  private static final Path MODEL = EXAMPLES.resolve("resnet14.onnx");
  private static final Path SAMPLES = EXAMPLES.resolve("calibration.npz");
  private static final String NORMALIZATION = "mean=0.2860,std=0.3530,scale=255";
  private static final int COUNT = 48;

  /** Returns the first images as bytes. */
  private static INDArray images() throws Exception {
    Quantization unnormalized = Quantization.of(MODEL).data(SAMPLES.toString());
    try (BatchReader batches = unnormalized.open().batches(COUNT, COUNT)) {
      Tensor first = requireNonNull(batches.next()).inputs().get("image");
      return NdArrays.array(first.floats(), first.shape()).castTo(DataType.UINT8);
    }
  }

  private static Quantization inMemory() throws Exception {
    INDArray images = images();
    return Quantization.of(Files.readAllBytes(MODEL))
        .data(
            Stream.of(
                images.get(NDArrayIndex.interval(0, 30)),
                images.get(NDArrayIndex.interval(30, COUNT))))
        .normalize(NORMALIZATION);
  }

  @Test
  void arraysAndBytesGiveTheModelThatFilesGive() throws Exception {
    QuantizedModel ofFiles =
        Quantization.of(MODEL)
            .data(SAMPLES.toString())
            .normalize(NORMALIZATION)
            .samples(COUNT)
            .run();

    QuantizedModel ofArrays = inMemory().threads(1).memory(64 << 20).run();

    assertThat(ofArrays.toByteArray()).isEqualTo(ofFiles.toByteArray());
    assertThat(ofArrays.bytes()).isEqualTo(ofArrays.toByteArray().length);
    for (QuantizedLayer layer : ofArrays.network().layers()) {
      INDArray integers = ofArrays.integers(layer.name());
      INDArray scales = ofArrays.scales(layer.name());
      INDArray real = integers.castTo(DataType.FLOAT).mul(scales.broadcast(integers.shape()));
      assertThat(real.reshape(-1).toFloatVector()).isEqualTo(layer.weight().dequantize());
    }
    assertThatThrownBy(() -> ofArrays.integers("other")).hasMessageContaining("no layer 'other'");
  }

  @Test
  void aRunInAnActorSystemOfTheHostLeavesIt() throws Exception {
    byte[] expected = inMemory().run().toByteArray();
    ActorSystem<Void> host = ActorSystem.create(Behaviors.empty(), "host");
    try {
      INDArray images = images();
      QuantizedModel quantized =
          Quantization.of(MODEL)
              .data(Source.range(0, COUNT - 1).map(i -> row(images, i)), host)
              .normalize(NORMALIZATION)
              .actorSystem(host)
              .run();

      assertThat(quantized.toByteArray()).isEqualTo(expected);
      assertThat(host.getWhenTerminated().toCompletableFuture()).isNotDone();
    } finally {
      host.terminate();
    }
    assertNoThreads();
  }

  private static INDArray row(INDArray images, int i) {
    return images.get(NDArrayIndex.interval(i, i + 1));
  }

  @Test
  void aStreamThatFailsFailsTheCall() {
    ActorSystem<Void> host = ActorSystem.create(Behaviors.empty(), "host");
    try {
      IllegalStateException broken = new IllegalStateException("broken");
      assertThatThrownBy(() -> Quantization.of(MODEL).data(Source.failed(broken), host))
          .hasCause(broken);
    } finally {
      host.terminate();
    }
  }

  @Test
  void aRunInTheBackgroundReportsProgressAndLeavesNoThread() throws Exception {
    List<Progress> seen = new ArrayList<>();
    CompletableFuture<QuantizedModel> running =
        inMemory()
            .onProgress(
                progress -> {
                  synchronized (seen) {
                    seen.add(progress);
                  }
                })
            .runAsync();

    assertThat(running.get(60, TimeUnit.SECONDS).network().layers()).hasSize(16);
    assertThat(seen).isNotEmpty().last().satisfies(last -> assertThat(last.share()).isEqualTo(1));
    assertNoThreads();
  }

  @Test
  void aRunInTheBackgroundCanBeCancelled() throws Exception {
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<QuantizedModel> running =
        inMemory().onProgress(progress -> begun.complete(null)).runAsync();
    begun.get(60, TimeUnit.SECONDS);

    running.cancel(true);

    assertThatThrownBy(running::join).isInstanceOf(CancellationException.class);
    assertNoThreads();
  }

  private static void assertNoThreads() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    List<String> left;
    do {
      Thread.sleep(50);
      left =
          Thread.getAllStackTraces().keySet().stream()
              .map(Thread::getName)
              .filter(name -> name.startsWith("halfstep"))
              .toList();
    } while (!left.isEmpty() && System.nanoTime() < end);
    assertThat(left).isEmpty();
  }

  private static OnnxGraphs two() {
    return OnnxGraphs.opset(13)
        .input("a", -1, 4)
        .input("b", -1, 3)
        .weight("v", 4, 3)
        .node("MatMul", "m", List.of("a", "v"))
        .node("Add", "y", List.of("m", "b"))
        .output("y");
  }

  @Test
  void severalInputsAreGivenByName() throws Exception {
    byte[] model = two().model().proto().toByteArray();
    Map<String, INDArray> batch = Map.of("a", Nd4j.rand(40, 4), "b", Nd4j.rand(40, 3));

    QuantizedModel quantized = Quantization.of(model).namedData(List.of(batch)).run();

    assertThat(quantized.network().samples()).isEqualTo(40);
    assertThatThrownBy(() -> Quantization.of(model).data(List.of(Nd4j.rand(40, 4))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("[a, b]")
        .hasMessageContaining("by name");
    assertThatThrownBy(
            () -> Quantization.of(model).namedData(List.of(Map.of("a", Nd4j.rand(40, 4)))).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found arrays for [a], expected one for each input: [a, b]");
  }

  @Test
  void whatDoesNotFitIsRefused() throws Exception {
    assertThatThrownBy(
            () ->
                Quantization.of(MODEL).data(List.of(Nd4j.rand(DataType.FLOAT, 8, 3, 28, 28))).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("image");
    assertThatThrownBy(() -> Quantization.of(new byte[] {1, 2, 3}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not an ONNX model");
    ModelProto.Builder model = two().model().proto().toBuilder();
    model.getGraphBuilder().getInitializerBuilder(0).setDataLocation(DataLocation.EXTERNAL);
    ByteArrayInputStream external = new ByteArrayInputStream(model.build().toByteArray());
    assertThatThrownBy(() -> Quantization.of(external))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'v' are in another file");
  }
}
