package io.halfstep.source;

/** The position of an image's channels. */
public enum Layout {
  /** {@code [N, C, H, W]}, and axis 1 for every other rank. */
  NCHW,
  /** {@code [N, H, W, C]}, the last axis. */
  NHWC;

  /** Returns the channel axis in a tensor of this rank, including the batch axis. */
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
