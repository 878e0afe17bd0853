package io.halfstep.source;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import io.halfstep.tensor.TensorProtos;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of samples. */
class SampleFileFuzzTest {
  private static final Path RESOURCES = Path.of("src/core/src/test/resources/io/halfstep");
  private static final Admission PAIRS = Admission.of(List.of(Pairs.PAIR), Normalization.NONE);
  private static final Admission IMAGES =
      Admission.of(
          List.of(new InputPort("x", ElementType.FLOAT, new long[] {-1, 3, 4, 4})),
          Normalization.NONE);

  private static void read(byte[] input, String name, Admission admission) {
    Untrusted.check(
        input,
        name,
        file -> {
          Rejections rejections = new Rejections();
          try (FileSamples samples =
              FileSamples.open(file, admission, ImageSpec.DEFAULT, rejections)) {
            while (samples.next() != null) {}
          }
        });
  }

  private static Stream<byte[]> files(String folder, String glob) throws IOException {
    List<byte[]> files = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(RESOURCES.resolve(folder), glob)) {
      for (Path file : found) {
        files.add(Files.readAllBytes(file));
      }
    }
    return files.stream();
  }

  static Stream<byte[]> arrays() throws IOException {
    return Stream.concat(Stream.of(NpyFiles.bytes(Pairs.pairs(0, 7))), files("tensor", "*.npy"));
  }

  @MethodSource("arrays")
  @FuzzTest
  void npy(byte[] input) {
    read(input, "a.npy", PAIRS);
  }

  static Stream<byte[]> archives() throws IOException {
    Path file = Files.createTempFile("pairs", ".npz");
    try {
      NpyFiles.write(file, Map.of("x", Pairs.pairs(0, 40), "y", Pairs.pairs(0, 3)));
      return Stream.concat(Stream.of(Files.readAllBytes(file)), files("tensor", "*.npz"));
    } finally {
      Files.delete(file);
    }
  }

  @MethodSource("archives")
  @FuzzTest
  void npz(byte[] input) {
    read(input, "a.npz", PAIRS);
  }

  static Stream<byte[]> protos() {
    return Stream.of(Pairs.pairs(0, 3), Tensor.of(ElementType.INT8, new byte[] {1, 2, 3, 4}, 2, 2))
        .map(tensor -> TensorProtos.encode("x", tensor).toByteArray());
  }

  @MethodSource("protos")
  @FuzzTest
  void pb(byte[] input) {
    read(input, "a.pb", PAIRS);
  }

  static Stream<byte[]> pictures() throws IOException {
    return Stream.concat(files("source/pictures", "*.{png,jpg}"), files("source", "*.png"));
  }

  @MethodSource("pictures")
  @FuzzTest
  void picture(byte[] input) {
    read(input, "a.png", IMAGES);
  }
}
