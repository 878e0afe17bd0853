package io.halfstep.source;

import static io.halfstep.source.Pairs.PAIR;
import static io.halfstep.source.Pairs.pairs;
import static io.halfstep.source.Pairs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
  private final Path folder;

  DatasetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private String write(String name, Tensor tensor) {
    return NpyFiles.write(folder.resolve(name), tensor).toString();
  }

  static Dataset open(InputPort port, String... data) {
    return Dataset.open(List.of(data), List.of(port), Normalization.NONE, ImageSpec.DEFAULT);
  }

  static float[] values(List<SampleBatch> batches) {
    return Tensor.concatenate(batches.stream().map(b -> b.input("x")).toList()).floats();
  }

  @Test
  void everyPassIsTheSame() {
    Dataset dataset = open(PAIR, write("a.npy", pairs(0, 10)));
    assertThat(values(read(dataset, 3, Dataset.ALL)))
        .isEqualTo(values(read(dataset, 3, Dataset.ALL)));
    try (BatchReader one = dataset.batches(3, Dataset.ALL);
        BatchReader other = dataset.batches(3, Dataset.ALL)) {
      one.next();
      one.next();
      assertThat(other.next()).usingRecursiveComparison().isNotEqualTo(one.next());
    }
  }

  @Test
  void badSamplesAreRejectedAndCounted() {
    Tensor pairs = pairs(0, 6);
    pairs.floats()[2] = Float.NaN;
    pairs.floats()[9] = Float.NEGATIVE_INFINITY;
    String bad = write("a.npy", pairs);
    String misfit = write("b.npy", Tensor.of(new float[9], 3, 3));
    Dataset dataset = open(PAIR, bad, misfit, write("c.npy", pairs(20, 1)));
    List<SampleBatch> batches = read(dataset, 4, Dataset.ALL);
    assertThat(values(batches)).containsExactly(0, 0.5f, 2, 2.5f, 3, 3.5f, 5, 5.5f, 20, 20.5f);
    Rejections rejections = dataset.rejections();
    assertThat(rejections.total()).isEqualTo(5);
    assertThat(rejections.reasons())
        .containsExactly(
            new Rejections.Reason("NaN or infinity", 2, bad + ", sample 2: NaN at element 0"),
            new Rejections.Reason(
                "shape does not fit the input",
                3,
                misfit + ", sample 1: [3, 3] for input x FLOAT[?, 2]"));
    assertThat(LongStream.range(0, 10).map(rejections::nextAccepted).distinct())
        .containsExactly(0L, 2L, 3L, 5L, 9L);
    assertThat(rejections.toString()).startsWith("5 rejected: 2 × NaN or infinity (first: ");
  }

  @Test
  void rejectionsAreThoseOfOnePass() {
    Tensor pairs = pairs(0, 6);
    pairs.floats()[2] = Float.NaN;
    Dataset dataset = open(PAIR, write("a.npy", pairs));
    for (int pass = 0; pass < 3; pass++) {
      read(dataset, 4, Dataset.ALL);
      assertThat(dataset.rejections().total()).isEqualTo(1);
    }
    try (BatchReader begun = dataset.batches(4, Dataset.ALL)) {
      assertThat(dataset.rejections().total()).isEqualTo(1);
      assertThat(begun.rejections().total()).isZero();
    }
  }

  @Test
  void aFixedBatchSizeDropsTheRemainder() {
    InputPort three = new InputPort("x", ElementType.FLOAT, new long[] {3, 2});
    Dataset dataset = open(three, write("a.npy", pairs(0, 8)));
    assertThat(dataset.fixedBatch()).isEqualTo(3);
    List<SampleBatch> batches = read(dataset, 64, Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(3, 3);
    assertThat(dataset.rejections().reasons())
        .containsExactly(
            new Rejections.Reason(
                "incomplete batch", 2, "2 left over, the model takes exactly 3 at a time"));
    assertThat(read(dataset, 64, 5)).hasSize(1);
    expect(() -> open(three, write("b.npy", pairs(0, 2))), "no usable sample; 2 rejected");
  }

  @Test
  void aBatchEndsWhereTheShapeChanges() {
    InputPort any = new InputPort("x", ElementType.FLOAT, new long[] {-1, -1});
    Dataset dataset =
        open(
            any,
            write("a.npy", Tensor.of(new float[] {1, 2, 3}, 3, 1)),
            write("b.npy", Tensor.of(new float[] {4, 5, 6, 7}, 2, 2)),
            write("c.npy", Tensor.of(new float[] {8, 9}, 1, 2)));
    assertThat(read(dataset, 2, Dataset.ALL))
        .extracting(b -> Arrays.toString(b.input("x").floats()))
        .containsExactly("[1.0, 2.0]", "[3.0]", "[4.0, 5.0, 6.0, 7.0]", "[8.0, 9.0]");
  }

  private static final List<InputPort> SEQUENCE =
      List.of(
          new InputPort("x", ElementType.FLOAT, new long[] {-1, -1, 2}),
          new InputPort("mask", ElementType.INT64, new long[] {-1, -1}),
          new InputPort("size", ElementType.FLOAT, new long[] {-1, 2}));

  /** Each sequence has its length as values. */
  private Dataset sequences(@Nullable String mask, int... lengths) {
    List<String> data = new ArrayList<>();
    for (int length : lengths) {
      float[] values = new float[2 * length];
      Arrays.fill(values, length);
      long[] ones = new long[length];
      Arrays.fill(ones, 1);
      data.add(
          NpyFiles.write(
                  folder.resolve(data.size() + ".npz"),
                  Map.of(
                      "x",
                      Tensor.of(values, 1, length, 2),
                      "mask",
                      Tensor.of(ElementType.INT64, ones, 1, length),
                      "size",
                      Tensor.of(new float[] {length, 0}, 1, 2)))
              .toString());
    }
    return Dataset.open(data, SEQUENCE, Normalization.NONE, ImageSpec.DEFAULT, mask);
  }

  private static List<SampleBatch> grouped(Dataset dataset, int batch) {
    try (BatchReader reader = dataset.grouped(batch, Dataset.ALL)) {
      return Pairs.all(reader);
    }
  }

  @Test
  void aMaskLetsSequencesOfDifferentLengthsShareABatch() {
    List<SampleBatch> batches = read(sequences("mask", 1, 3, 2, 2), 3, Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(3, 1);
    SampleBatch batch = batches.get(0);
    assertThat(batch.input("x").shape()).containsExactly(3, 3, 2);
    assertThat(batch.input("x").floats())
        .containsExactly(1, 1, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 0, 0);
    assertThat(batch.input("mask").data()).isEqualTo(new long[] {1, 0, 0, 1, 1, 1, 1, 1, 0});
    assertThat(batch.input("size").floats()).containsExactly(1, 0, 3, 0, 2, 0);
    assertThat(batches.get(1).input("x").shape()).containsExactly(1, 2, 2);

    assertThat(read(sequences(null, 1, 3, 2, 2), 3, Dataset.ALL))
        .extracting(SampleBatch::samples)
        .containsExactly(1, 1, 2);
  }

  @Test
  void sequencesOfSimilarLengthArePaddedTogether() {
    Dataset dataset = sequences("mask", 2, 9, 1, 8, 2, 9, 1);
    List<SampleBatch> batches = grouped(dataset, 4);
    assertThat(batches)
        .extracting(batch -> Arrays.toString(batch.numbers()))
        .containsExactly("[0, 2, 6, 4]", "[3, 1, 5]");
    assertThat(batches).extracting(batch -> batch.input("x").dim(1)).containsExactly(2L, 9L);
    assertThat(batches.get(0).input("size").floats()).containsExactly(2, 0, 1, 0, 1, 0, 2, 0);

    assertThat(numbers(grouped(dataset, 1))).isEqualTo(numbers(batches));
    assertThat(numbers(read(dataset, 4, Dataset.ALL))).isSorted();
  }

  @Test
  void withoutAMaskSamplesOfOneShapeShareABatch() {
    List<SampleBatch> batches = grouped(sequences(null, 2, 9, 1, 9, 2, 1, 9), 4);
    assertThat(batches)
        .extracting(batch -> Arrays.toString(batch.numbers()))
        .containsExactly("[0]", "[2, 5]", "[4]", "[1, 3, 6]");
    assertThat(batches.get(3).input("x").shape()).containsExactly(3, 9, 2);
  }

  private static List<Long> numbers(List<SampleBatch> batches) {
    return batches.stream().flatMapToLong(b -> Arrays.stream(b.numbers())).boxed().toList();
  }

  private static Tensor counting(long... shape) {
    float[] values = new float[Tensor.elements(shape)];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return Tensor.of(values, shape);
  }

  private static Dataset open(List<InputPort> ports, String... data) {
    return Dataset.open(List.of(data), ports, Normalization.NONE, ImageSpec.DEFAULT);
  }

  @Test
  void samplesMayFollowEachOtherAlongAnyAxis() {
    List<InputPort> ports =
        List.of(
            new InputPort("x", ElementType.FLOAT, new long[] {-1, 1}),
            new InputPort("state", ElementType.FLOAT, new long[] {2, -1, 1}));
    String x = "x=" + write("x.npy", counting(3, 1));
    String state = write("state.npy", counting(2, 3, 1));
    Dataset dataset = open(ports, x, "state=" + state + "@1");
    assertThat(dataset.fixedBatch()).isZero();
    List<SampleBatch> batches = read(dataset, 2, Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(2, 1);
    assertThat(batches.get(0).input("state").shape()).containsExactly(2, 2, 1);
    assertThat(batches.get(0).input("state").floats()).containsExactly(0, 1, 3, 4);
    assertThat(batches.get(1).input("state").floats()).containsExactly(2, 5);
    expect(() -> open(ports, x, "state=" + state + "@3"), "has no axis 3");
  }

  @Test
  void aScalarIsNotBatched() {
    List<InputPort> ports =
        List.of(
            new InputPort("x", ElementType.FLOAT, new long[] {-1, 1}),
            new InputPort("t", ElementType.FLOAT, new long[0], InputPort.NONE));
    String x = "x=" + write("x.npy", counting(4, 1));
    Dataset each = open(ports, x, "t=" + write("t.npy", Tensor.of(new float[] {1, 1, 2, 1}, 4)));
    List<SampleBatch> batches = read(each, 8, Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(2, 1, 1);
    assertThat(batches).allMatch(batch -> batch.input("t").rank() == 0);
    assertThat(batches)
        .extracting(batch -> batch.input("t").floats()[0])
        .containsExactly(1f, 2f, 1f);

    Dataset one = open(ports, x, "t=" + write("one.npy", Tensor.of(new float[] {7})));
    batches = read(one, 8, Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(4);
    assertThat(batches.get(0).input("t").floats()).containsExactly(7);
  }

  @Test
  void anArrayWithoutAxesIsOneValueForAllSamples() {
    List<InputPort> ports =
        List.of(
            new InputPort("x", ElementType.FLOAT, new long[] {-1, 1}),
            new InputPort("gain", ElementType.FLOAT, new long[] {-1, 1}));
    Dataset dataset =
        open(
            ports,
            "x=" + write("x.npy", counting(3, 1)),
            "gain=" + write("gain.npy", Tensor.of(new float[] {7})));
    SampleBatch batch = read(dataset, 8, Dataset.ALL).get(0);
    assertThat(batch.input("gain").shape()).containsExactly(3, 1);
    assertThat(batch.input("gain").floats()).containsExactly(7, 7, 7);
  }

  /** As in ONNX test data of recurrent networks. */
  @Test
  void inputsThatShareNoBatchSizeAreTakenAsTheyAre() {
    List<InputPort> ports =
        List.of(
            new InputPort("x", ElementType.FLOAT, new long[] {1, 3}),
            new InputPort("state", ElementType.FLOAT, new long[] {2, 1, 1}));
    List<SampleBatch> batches =
        read(
            open(
                ports,
                "x=" + write("x0.npy", counting(1, 3)),
                "state=" + write("s0.npy", counting(2, 1, 1)),
                "x=" + write("x1.npy", counting(1, 3)),
                "state=" + write("s1.npy", counting(2, 1, 1))),
            8,
            Dataset.ALL);
    assertThat(batches).extracting(SampleBatch::samples).containsExactly(1, 1);
    assertThat(batches.get(1).input("state").shape()).containsExactly(2, 1, 1);
  }

  @Test
  void severalInputsStayTogether() {
    List<InputPort> ports =
        List.of(
            new InputPort("ids", ElementType.INT64, new long[] {-1, -1}),
            new InputPort("weight", ElementType.FLOAT, new long[] {-1}));
    Tensor ids = Tensor.of(ElementType.INT32, new int[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Tensor weight = Tensor.of(new float[] {1, Float.NaN, 3}, 3);
    String archive =
        NpyFiles.write(folder.resolve("a.npz"), Map.of("ids", ids, "weight", weight)).toString();
    Dataset dataset =
        Dataset.open(
            List.of(archive), ports, Normalization.parse("weight:scale=2"), ImageSpec.DEFAULT);
    SampleBatch batch = read(dataset, 9, Dataset.ALL).get(0);
    assertThat(batch.inputs().keySet()).containsExactly("ids", "weight");
    assertThat(batch.input("ids").data()).isEqualTo(new long[] {1, 2, 5, 6});
    assertThat(batch.input("weight").floats()).containsExactly(0.5f, 1.5f);

    String longer = write("w.npy", Tensor.of(new float[4], 4));
    expect(
        () ->
            Dataset.open(
                List.of("ids=" + archive + ":ids", "weight=" + longer),
                ports,
                Normalization.NONE,
                ImageSpec.DEFAULT),
        "holds 3 samples and " + longer + " 4, expected equal numbers");
  }

  @Test
  void picturesAndTestDataAreSamples() throws IOException {
    Path resources = Path.of("src/core/src/test/resources/io/halfstep");
    InputPort image = new InputPort("x", ElementType.FLOAT, new long[] {1, 3, 8, 8});
    Dataset dataset =
        open(
            image,
            resources.resolve("source/wave.png").toString(),
            resources.resolve("source/wave_gray.png").toString());
    List<SampleBatch> batches = read(dataset, 1, Dataset.ALL);
    assertThat(batches).hasSize(2);
    assertThat(batches.get(0).input("x").shape()).containsExactly(1, 3, 8, 8);

    Files.copy(resources.resolve("tensor/raw.pb"), folder.resolve("input_0.pb"));
    InputPort three = new InputPort("x", ElementType.FLOAT, new long[] {-1, 3});
    assertThat(values(read(open(three, folder.toString()), 1, Dataset.ALL)))
        .containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void aDamagedPictureIsRejectedAndTheOthersAreRead() throws IOException {
    Path wave = Path.of("src/core/src/test/resources/io/halfstep/source/wave.png");
    Files.copy(wave, folder.resolve("2.png"));
    Files.write(folder.resolve("1.png"), Arrays.copyOf(Files.readAllBytes(wave), 200));
    InputPort image = new InputPort("x", ElementType.FLOAT, new long[] {-1, 1, 8, 8});
    Dataset dataset = open(image, folder.toString());
    assertThat(read(dataset, 4, Dataset.ALL)).extracting(SampleBatch::samples).containsExactly(1);
    assertThat(dataset.rejections().reasons().get(0).reason()).isEqualTo("unreadable image");
  }

  @Test
  void saysWhatIsWrong() {
    String good = write("a.npy", pairs(0, 2));
    expect(
        () -> Dataset.open(List.of(), List.of(PAIR), Normalization.NONE, ImageSpec.DEFAULT),
        "data: missing");
    expect(
        () -> open(PAIR, write("b.npy", Tensor.of(new float[0], 0, 2))), "b.npy: no usable sample");
    expect(
        () -> open(PAIR, write("c.npy", Tensor.of(new float[6], 2, 3))),
        "c.npy: no usable sample; 2 rejected: 2 × shape does not fit the input");
    expect(
        () -> open(new InputPort("x", ElementType.INT64, new long[] {-1, 2}), good),
        "no usable sample; 2 rejected: 2 × not integers");
    expect(() -> open(PAIR, good).batches(0, 1), "batch: 0, expected at least 1");
    expect(() -> open(PAIR, good).batches(1, 0), "samples: 0, expected at least 1");
    Map<String, Tensor> same =
        Map.of("a", pairs(0, 2), "b", pairs(0, 2), "c", Tensor.of(new float[1], 1));
    String archive = NpyFiles.write(folder.resolve("d.npz"), same).toString();
    expect(() -> open(PAIR, archive), "several of its arrays fit input x FLOAT[?, 2]: ");
    expect(() -> open(PAIR, archive), "pick one with " + archive + ":NAME");
    expect(
        () -> open(PAIR, NpyFiles.write(folder.resolve("e.txt"), new byte[3]).toString()),
        "e.txt: not a file of samples");
  }

  private static void expect(ThrowingCallable call, String message) {
    assertThatThrownBy(call)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
