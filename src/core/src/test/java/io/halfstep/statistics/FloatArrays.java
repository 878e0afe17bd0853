package io.halfstep.statistics;

import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Arrays of floats of every magnitude, as networks may have them. */
final class FloatArrays {
  private FloatArrays() {}

  /** Zeros, constants, subnormals, ordinary and huge values, alone and mixed; 0 to 200 of them. */
  static Arbitrary<float[]> finite() {
    return Arbitraries.randomValue(FloatArrays::draw);
  }

  private static float[] draw(Random random) {
    int kinds = 1 + random.nextInt(3);
    int[] kind = random.ints(kinds, 0, 8).toArray();
    float constant = (float) random.nextGaussian();
    float[] values = new float[random.nextInt(201)];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (kind[random.nextInt(kinds)]) {
            case 0 -> random.nextBoolean() ? 0f : -0f;
            case 1 -> constant;
            case 2 -> Float.MIN_VALUE * random.nextInt(1 << 20) * (random.nextBoolean() ? 1 : -1);
            case 3 -> (float) random.nextGaussian();
            case 4 -> Math.max(0, (float) random.nextGaussian());
            case 5 -> random.nextFloat() * 1e38f * 3.4f * (random.nextBoolean() ? 1 : -1);
            case 6 -> (float) Math.scalb(random.nextGaussian(), random.nextInt(200) - 100);
            default -> 1000 + random.nextFloat();
          };
    }
    return values;
  }
}
