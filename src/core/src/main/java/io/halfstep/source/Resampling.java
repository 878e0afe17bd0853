package io.halfstep.source;

/**
 * Bilinear resizing along one axis: every output pixel is a weighted mean of the input pixels under
 * a triangle as wide as two output pixels (two input pixels if the image grows), so that a reduced
 * image has no aliasing.
 *
 * @param first the first input pixel under the triangle, for each output pixel
 * @param weights the weights, which add up to 1, for each output pixel
 */
record Resampling(int[] first, float[][] weights) {

  /** The outputs {@code [start, start + count)} of resizing {@code from} pixels to {@code to}. */
  static Resampling of(int from, int to, int start, int count) {
    double scale = (double) from / to;
    double support = Math.max(1, scale);
    int[] first = new int[count];
    float[][] weights = new float[count][];
    for (int i = 0; i < count; i++) {
      double centre = (start + i + 0.5) * scale;
      int begin = Math.max(0, (int) (centre - support + 0.5));
      int end = Math.min(from, (int) (centre + support + 0.5));
      double[] triangle = new double[end - begin];
      double sum = 0;
      for (int j = 0; j < triangle.length; j++) {
        triangle[j] = Math.max(0, 1 - Math.abs((begin + j - centre + 0.5) / support));
        sum += triangle[j];
      }
      first[i] = begin;
      weights[i] = new float[triangle.length];
      for (int j = 0; j < triangle.length; j++) {
        weights[i][j] = (float) (triangle[j] / sum);
      }
    }
    return new Resampling(first, weights);
  }

  private int count() {
    return first.length;
  }

  /**
   * Resizes unsigned bytes in both directions.
   *
   * @param plane row-major, rows of {@code width} pixels
   */
  static byte[] apply(byte[] plane, int width, Resampling rows, Resampling columns) {
    int top = rows.first[0];
    int bottom = rows.first[rows.count() - 1] + rows.weights[rows.count() - 1].length;
    float[] narrow = new float[(bottom - top) * columns.count()];
    for (int y = top, at = 0; y < bottom; y++) {
      for (int x = 0; x < columns.count(); x++) {
        float[] weights = columns.weights[x];
        int from = y * width + columns.first[x];
        float sum = 0;
        for (int j = 0; j < weights.length; j++) {
          sum += weights[j] * (plane[from + j] & 0xff);
        }
        narrow[at++] = sum;
      }
    }
    byte[] to = new byte[rows.count() * columns.count()];
    for (int y = 0, at = 0; y < rows.count(); y++) {
      float[] weights = rows.weights[y];
      for (int x = 0; x < columns.count(); x++) {
        int from = (rows.first[y] - top) * columns.count() + x;
        float sum = 0;
        for (int j = 0; j < weights.length; j++) {
          sum += weights[j] * narrow[from + j * columns.count()];
        }
        to[at++] = (byte) Math.min(255, (int) (sum + 0.5f));
      }
    }
    return to;
  }
}
