package io.halfstep.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The positions that are kept if a sample has more than enough. */
class ThinnedPatchesTest {
  private static final int SAMPLES = 7;
  private static final int SIDE = 12;
  private static final int K = 2 * 9;

  private final ConvolutionPatches all = ThreeByThree.patches(4, 2);

  private static float[] values(int samples) {
    Random random = new Random(1);
    float[] values = new float[samples * 4 * SIDE * SIDE];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    return values;
  }

  private static long[] shape(int samples) {
    return new long[] {samples, 4, SIDE, SIDE};
  }

  /** The columns of a group, one row of the result for each position. */
  private static float[][] columns(Patches patches, float[] input, int samples, int group) {
    return columns(patches.columns(shape(samples)), input, group);
  }

  private static float[][] columns(Patches.Columns all, float[] input, int group) {
    int count = all.positions();
    float[] matrix = new float[K * count];
    all.extract(input, group * K, K, 0, count, matrix);
    float[][] columns = new float[count][K];
    for (int i = 0; i < count; i++) {
      for (int row = 0; row < K; row++) {
        columns[i][row] = matrix[row * count + i];
      }
    }
    return columns;
  }

  @Test
  void keepsOneLineOfEachPart() {
    float[] input = values(SAMPLES);
    TreeSet<Integer> places = new TreeSet<>();
    for (int group = 0; group < 2; group++) {
      float[][] whole = columns(all, input, SAMPLES, group);
      float[][] kept = columns(all.thinned(3 * SIDE), input, SAMPLES, group);
      assertThat(kept).hasDimensions(SAMPLES * 3 * SIDE, K);
      for (int sample = 0; sample < SAMPLES; sample++) {
        for (int part = 0; part < 3; part++) {
          int found = line(whole, kept, sample, part);
          assertThat(found).isBetween(part * SIDE / 3, (part + 1) * SIDE / 3 - 1);
          places.add(found % (SIDE / 3));
        }
      }
    }
    assertThat(places).hasSizeGreaterThan(1); // they differ between samples
  }

  private static int line(float[][] whole, float[][] kept, int sample, int part) {
    float[][] wanted =
        Arrays.copyOfRange(kept, (sample * 3 + part) * SIDE, (sample * 3 + part + 1) * SIDE);
    for (int line = 0; line < SIDE; line++) {
      int from = (sample * SIDE + line) * SIDE;
      if (Arrays.deepEquals(wanted, Arrays.copyOfRange(whole, from, from + SIDE))) {
        return line;
      }
    }
    return -1;
  }

  @Test
  void dependsOnTheSamplesNumberAlone() {
    float[] input = values(SAMPLES);
    Patches thinned = all.thinned(20);
    float[][] whole = columns(thinned, input, SAMPLES, 1);
    int first = 3;
    float[] rest = Arrays.copyOfRange(input, first * 4 * SIDE * SIDE, input.length);

    float[][] behind = columns(thinned.columns(shape(SAMPLES - first), first), rest, 1);

    int perSample = whole.length / SAMPLES;
    assertThat(behind).isDeepEqualTo(Arrays.copyOfRange(whole, first * perSample, whole.length));
  }

  @Test
  void keepsAllWhereThereAreNotMore() {
    float[] input = values(SAMPLES);

    assertThat(columns(all.thinned(SIDE * SIDE), input, SAMPLES, 0))
        .isDeepEqualTo(columns(all, input, SAMPLES, 0));
    assertThat(all.thinned(1).columns(shape(SAMPLES)).positions()).isEqualTo(SAMPLES * SIDE);
  }
}
