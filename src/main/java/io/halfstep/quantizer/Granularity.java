package io.halfstep.quantizer;

/** How many weights share one scale ([W] §2.4, [S] §2.3). */
public enum Granularity {
  /** One scale for the whole tensor. */
  TENSOR,
  /** One scale per output channel. */
  CHANNEL
}
