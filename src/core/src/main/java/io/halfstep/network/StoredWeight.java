package io.halfstep.network;

import io.halfstep.graph.StoredConstant;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.Nodes;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.QuantizedWeight;
import io.halfstep.statistics.Decibels;
import io.halfstep.text.Figures;
import java.util.stream.Collectors;

/**
 * A constant of nodes that are not layers, rounded to nearest.
 *
 * @param constant the constant in the graph
 * @param weight the integers and their encoding
 * @param shared whether its layer reads the same integers
 */
public record StoredWeight(StoredConstant constant, QuantizedWeight weight, boolean shared) {

  /** Says what is stored, for a note. */
  public String note() {
    Encoding encoding = weight.encoding();
    return "stored as integers, rounded to nearest: %s of %s, %d bits, a %s per %s, SQNR %s dB"
        .formatted(
            constant.name(),
            constant.readers().stream().map(Nodes::name).collect(Collectors.joining(", ")),
            encoding.grid().bits(),
            encoding.symmetric() ? "scale" : "scale and zero point",
            scaled(encoding.granularity()),
            Figures.number(sqnrDb(), 1));
  }

  private String scaled(Granularity granularity) {
    return switch (granularity.unit()) {
      case BLOCK -> granularity.blockSize() + " numbers";
      case CHANNEL -> constant.use() == Use.WEIGHT ? "channel" : "row";
      case TENSOR -> "tensor";
    };
  }

  /** Returns the SQNR of the rounded constant, in dB; it is measured anew at each call. */
  public double sqnrDb() {
    float[] reals = constant.rows();
    float[] rounded = weight.dequantize();
    double signal = 0;
    double noise = 0;
    for (int i = 0; i < reals.length; i++) {
      double error = (double) rounded[i] - reals[i];
      signal += (double) reals[i] * reals[i];
      noise += error * error;
    }
    return Decibels.of(signal, noise);
  }
}
