package io.halfstep.source;

import static io.halfstep.source.DatasetTest.open;
import static io.halfstep.source.DatasetTest.values;
import static io.halfstep.source.Pairs.PAIR;
import static io.halfstep.source.Pairs.pairs;
import static io.halfstep.source.Pairs.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.NpyFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class DatasetPropertiesTest {
  @Property(tries = 60)
  void anyBatchSizeGivesTheSameSamples(
      @ForAll @IntRange(min = 1, max = 40) int batch,
      @ForAll @IntRange(min = 1, max = 40) int limit)
      throws IOException {
    Path own = Files.createTempDirectory("dataset");
    try {
      NpyFiles.write(own.resolve("1.npy"), pairs(0, 7));
      NpyFiles.write(own.resolve("2.npz"), Map.of("x", pairs(7, 9), "y", pairs(50, 3)));
      NpyFiles.write(own.resolve("3.npy"), pairs(16, 5));
      List<SampleBatch> batches = read(open(PAIR, own.toString()), batch, limit);
      int expected = Math.min(21, limit);
      assertThat(values(batches)).isEqualTo(pairs(0, expected).floats());
      long first = 0;
      for (SampleBatch b : batches) {
        assertThat(b.numbers()[0]).isEqualTo(first);
        assertThat(b.input("x").dim(0)).isEqualTo(b.samples());
        first += b.samples();
      }
      assertThat(batches).hasSize((expected + batch - 1) / batch);
    } finally {
      for (String name : List.of("1.npy", "2.npz", "3.npy", "")) {
        Files.delete(own.resolve(name));
      }
    }
  }

  @Property(tries = 300)
  void damagedFilesGiveSamplesOrInvalidInputs(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    Path file = Files.createTempFile("garbled", ".npz");
    try {
      NpyFiles.write(file, Map.of("x", pairs(0, 40), "y", pairs(0, 3)));
      byte[] bytes = Files.readAllBytes(file);
      IntStream.range(0, random.nextInt(5))
          .forEach(i -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt());
      int length = random.nextBoolean() ? bytes.length : random.nextInt(bytes.length);
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThat(read(open(PAIR, file.toString()), 8, Dataset.ALL)).isNotEmpty();
    } catch (InvalidInputException e) {
      assertThat(e.getMessage()).contains(file.toString()).doesNotContain("\n");
    } finally {
      Files.delete(file);
    }
  }
}
