package io.halfstep.source;

/** Where a picture's channels stand. */
public enum Layout {
  /** {@code [N, C, H, W]}, and axis 1 for every other rank. */
  NCHW,
  /** {@code [N, H, W, C]}, the last axis. */
  NHWC;

  /** The channels' axis in a tensor of this rank, its batch axis counted. */
  int channelAxis(int rank) {
    return this == NCHW ? 1 : rank - 1;
  }

  /** NHWC if an input of rank 4 has 1, 3 or 4 channels at its end and not at axis 1, else NCHW. */
  static Layout of(InputPort port) {
    long[] shape = port.shape();
    boolean last = shape.length == 4 && isChannels(shape[3]) && !isChannels(shape[1]);
    return last ? NHWC : NCHW;
  }

  private static boolean isChannels(long dim) {
    return dim == 1 || dim == 3 || dim == 4;
  }
}
