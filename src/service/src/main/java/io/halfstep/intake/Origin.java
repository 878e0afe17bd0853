package io.halfstep.intake;

import io.halfstep.failure.InvalidInputException;

/**
 * The producer of samples and their position, so that samples that are sent twice are stored once.
 *
 * @param producer names a sequence, such as a client's or a topic's partition
 * @param position of the first of the samples
 * @param counting the unit of positions
 */
public record Origin(String producer, long position, Counting counting) {
  static final int LONGEST_PRODUCER = 1000;

  /** The unit of a producer's positions. */
  public enum Counting {
    /** Samples, counted from 0 without gaps. */
    SAMPLES,
    /** Messages; numbers may be missing. */
    MESSAGES
  }

  public Origin {
    if (producer.isEmpty() || producer.length() > LONGEST_PRODUCER) {
      throw new InvalidInputException(
          "producer: a name of %d characters, expected 1 to %d"
              .formatted(producer.length(), LONGEST_PRODUCER));
    }
    if (position < 0 || position == Long.MAX_VALUE) {
      throw new InvalidInputException(
          "producer '%s': position %d, expected 0 or more".formatted(producer, position));
    }
  }

  /**
   * Returns the origin of samples that are counted.
   *
   * @param position how many samples the producer has sent before these
   */
  public Origin(String producer, long position) {
    this(producer, position, Counting.SAMPLES);
  }

  /**
   * Returns the origin of all samples of one message.
   *
   * @param offset the message's own number; later messages have higher ones
   */
  public static Origin offset(String producer, long offset) {
    return new Origin(producer, offset, Counting.MESSAGES);
  }

  /** Returns the position after the given number of samples. */
  long next(int samples) {
    return counting == Counting.SAMPLES ? position + samples : position + 1;
  }

  /**
   * Returns how many of the first samples are stored already.
   *
   * @param expected the producer's next position
   * @throws InvalidInputException if samples are missing before these
   */
  int duplicates(long expected, int samples) {
    if (position >= expected) {
      if (position > expected && counting == Counting.SAMPLES) {
        throw new InvalidInputException(
            "producer '%s': position %d, expected %d; %d samples before it are missing"
                .formatted(producer, position, expected, position - expected));
      }
      return 0;
    }
    return counting == Counting.SAMPLES ? (int) Math.min(samples, expected - position) : samples;
  }
}
