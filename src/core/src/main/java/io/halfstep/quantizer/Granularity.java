package io.halfstep.quantizer;

import io.halfstep.failure.InvalidInputException;
import java.util.Locale;

/**
 * The unit of weights that share one scale ([W] §2.4, [S] §2.3).
 *
 * @param unit the unit
 * @param blockSize the number of consecutive inputs of a row in a block; 0 for the other units
 */
public record Granularity(Unit unit, int blockSize) {
  /** One scale for the whole tensor. */
  public static final Granularity TENSOR = new Granularity(Unit.TENSOR, 0);

  /** One scale per output channel. */
  public static final Granularity CHANNEL = new Granularity(Unit.CHANNEL, 0);

  /** What {@link #parse} reads. */
  public static final String FORMS = "tensor, channel or block:SIZE (2 or more, e.g. block:32)";

  /** The unit that shares a scale. */
  public enum Unit {
    TENSOR,
    CHANNEL,
    BLOCK
  }

  /**
   * @throws IllegalArgumentException if the block size does not suit the unit
   */
  public Granularity {
    if (unit == Unit.BLOCK ? blockSize < 1 : blockSize != 0) {
      throw new IllegalArgumentException(unit + " of " + blockSize);
    }
  }

  /**
   * Returns the granularity of one scale per output channel and block of consecutive inputs, the
   * last of which may be shorter: ONNX's blocked quantization ([O], opset 21).
   *
   * @throws InvalidInputException if the size is less than 2
   */
  public static Granularity block(int size) {
    if (size < 2) {
      throw notAny("block:" + size);
    }
    return new Granularity(Unit.BLOCK, size);
  }

  /**
   * Reads {@code tensor}, {@code channel} or {@code block:SIZE}.
   *
   * @throws InvalidInputException for anything else
   */
  public static Granularity parse(String text) {
    return switch (text) {
      case "tensor" -> TENSOR;
      case "channel" -> CHANNEL;
      default -> {
        if (!text.matches("block:\\d{1,9}")) {
          throw notAny(text);
        }
        yield block(Integer.parseInt(text.substring("block:".length())));
      }
    };
  }

  /**
   * Returns the granularity of a weight; per channel instead of per block if it has no blocks.
   *
   * @param possible whether the inputs of the weight's rows lie along one axis
   */
  public Granularity whereBlocks(boolean possible) {
    return unit == Unit.BLOCK && !possible ? CHANNEL : this;
  }

  /** Returns the number of scales of a weight {@code [out, K]}. */
  public long scales(int out, int k) {
    return switch (unit) {
      case TENSOR -> 1;
      case CHANNEL -> out;
      case BLOCK -> (long) out * ((k + blockSize - 1) / blockSize);
    };
  }

  /** As {@link #parse} reads it. */
  public String label() {
    String name = unit.name().toLowerCase(Locale.ROOT);
    return unit == Unit.BLOCK ? name + ":" + blockSize : name;
  }

  @Override
  public String toString() {
    return label();
  }

  private static InvalidInputException notAny(String text) {
    return new InvalidInputException("granularity '" + text + "': expected " + FORMS);
  }
}
