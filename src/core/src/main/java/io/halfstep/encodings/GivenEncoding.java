package io.halfstep.encodings;

import static java.util.Objects.requireNonNull;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.graph.Layer;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Granularity.Unit;
import io.halfstep.quantizer.Grid;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a file says of one tensor.
 *
 * @param name the tensor's name
 * @param where file, kind and name, for messages
 * @param granularity what shares a scale
 * @param axis the channels' axis in the weight, that of the inputs if there are blocks; null if the
 *     file does not say
 * @param values all scales and zero points, channel by channel, and the factors; null if the tensor
 *     stays in float
 */
record GivenEncoding(
    String name,
    String where,
    Granularity granularity,
    @Nullable Integer axis,
    @Nullable Encoding values) {

  /** Returns the exception for a field. */
  InvalidInputException wrong(String field, Object found, String expected) {
    return wrong(where, field, found, expected);
  }

  /** Returns the exception for a field of a tensor. */
  static InvalidInputException wrong(String where, String field, Object found, String expected) {
    return new InvalidInputException(
        "%s: %s is %s: expected %s".formatted(where, field, found, expected));
  }

  boolean isFloat() {
    return values == null;
  }

  /** Returns all scales and zero points, if the tensor does not stay in float. */
  Encoding flat() {
    return requireNonNull(values);
  }

  /**
   * Returns the encoding of a layer's weight.
   *
   * @param restricted whether symmetric weights leave out the least integer, which the file can't
   *     say
   * @throws InvalidInputException if it does not fit the weight
   */
  Encoding of(Layer layer, boolean restricted) {
    int out = layer.layout().out();
    int k = layer.layout().k();
    requireAxis(layer);
    Encoding all = flat();
    long scales = granularity.scales(out, k);
    if (all.channels() != scales) {
      throw wrong(
          "scale",
          all.channels() + " numbers",
          "%d, one per %s of a weight %s"
              .formatted(scales, granularity.label(), Arrays.toString(layer.weight().shape())));
    }
    if (!all.factors().isNone() && all.factors().channels() != k) {
      throw wrong("factors", all.factors().channels() + " numbers", k + ", one per input");
    }
    return shaped(k, restricted);
  }

  /** Returns whether this is the encoding of a weight {@code [out, k]}. */
  boolean is(Encoding encoding, int out, int k) {
    return flat().channels() == granularity.scales(out, k) && shaped(k, false).equals(encoding);
  }

  private Encoding shaped(int k, boolean restricted) {
    Encoding all = flat();
    Grid grid =
        restricted && all.grid().isSigned() ? Grid.restricted(all.grid().bits()) : all.grid();
    int size = granularity.unit() == Unit.BLOCK ? granularity.blockSize() : k;
    int blocks = (k - 1) / size + 1;
    return Encoding.perBlock(grid, size, blocks, all.scales(), all.zeroPoints())
        .withFactors(all.factors());
  }

  private void requireAxis(Layer layer) {
    boolean blocks = granularity.unit() == Unit.BLOCK;
    String shape = Arrays.toString(layer.weight().shape());
    if (blocks && layer.layout().inputAxis() < 0) {
      throw wrong(
          "enc_type",
          "PER_BLOCK",
          "PER_CHANNEL or PER_TENSOR: the inputs of a weight %s don't lie along one axis"
              .formatted(shape));
    }
    int expected = blocks ? layer.layout().inputAxis() : layer.layout().channelAxis();
    if (axis != null && Math.floorMod(axis, layer.weight().rank()) != expected) {
      throw wrong("axis", axis, expected + " for a weight " + shape);
    }
  }
}
