package io.halfstep.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.AtomicFile;
import io.halfstep.graph.Layer;
import io.halfstep.graph.StoredConstant.Use;
import io.halfstep.model.WeightLayout;
import io.halfstep.network.QuantizedLayer;
import io.halfstep.network.QuantizedNetwork;
import io.halfstep.network.StoredWeight;
import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Grid;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The encodings of a quantized network as JSON in AIMET's format 1.0.0, which QNN's tools read as
 * well, for quantizing the float model with other toolchains.
 *
 * <pre>{@code
 * {
 *   "version": "1.0.0",
 *   "producer": "halfstep",
 *   "activation_encodings": [
 *     {"name": "/Relu_output_0", "dtype": "INT", "bw": 8, "enc_type": "PER_TENSOR",
 *      "is_sym": false, "scale": [0.0235], "offset": [0]}
 *   ],
 *   "param_encodings": [
 *     {"name": "conv1.weight", "dtype": "INT", "bw": 4, "enc_type": "PER_CHANNEL",
 *      "is_sym": true, "scale": [0.031, 0.027], "offset": [-8, -8], "axis": 0}
 *   ]
 * }
 * }</pre>
 *
 * <p>Tensors have the float model's names. A real is {@code scale · (u + offset)} with {@code u} in
 * {@code [0, 2^bw − 1]}; so {@code offset} is {@code −z} on an unsigned grid and {@code −z −
 * 2^(bw−1)} on a signed one. {@code scale} and {@code offset} have one element per tensor; or one
 * per output channel, with {@code axis} as the channel axis of the ONNX weight; or, if {@code
 * enc_type} is {@code PER_BLOCK}, one per output channel and block of {@code block_size} inputs,
 * channel by channel, with {@code axis} as the axis of the inputs. Where there are {@code factors},
 * an activation's channel, or the weight of an input, is its factor times that real. Where there is
 * a {@code codebook}, a real is {@code scale · codebook[u]}; the tables of channels follow each
 * other, and so do the numbers of a vector that {@code levels} such as {@code product:4} have.
 * ({@code axis}, {@code factors}, {@code levels}, {@code codebook} and {@code producer} are
 * additions to the format.) Parameters come in the graph's order, those of layers first,
 * activations by name.
 *
 * <p>Another addition, {@code dynamic_activations}, names the tensors that layers quantize to 8
 * bits over ranges that the runtime computes.
 */
public final class EncodingsFile {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private EncodingsFile() {}

  /**
   * Writes the encodings to {@code out}, atomically.
   *
   * @throws InvalidInputException if {@code out} can't be written; an existing file is then
   *     unchanged
   */
  public static void write(QuantizedNetwork network, Path out) {
    try {
      AtomicFile.write(out, MAPPER.writeValueAsBytes(encodings(network)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ObjectNode encodings(QuantizedNetwork network) {
    ObjectNode file = MAPPER.createObjectNode();
    file.put("version", "1.0.0");
    file.put("producer", "halfstep");
    ArrayNode activations = file.putArray("activation_encodings");
    new TreeMap<>(network.activations())
        .forEach((name, encoding) -> put(activations.addObject(), name, encoding));
    List<String> dynamic = network.dynamic().layers();
    if (!dynamic.isEmpty()) {
      network.graph().layers().stream()
          .filter(layer -> dynamic.contains(layer.name()))
          .map(Layer::input)
          .distinct()
          .forEach(file.putArray("dynamic_activations")::add);
    }
    ArrayNode parameters = file.putArray("param_encodings");
    Map<String, Layer> layers =
        network.graph().layers().stream()
            .collect(Collectors.toMap(Layer::name, Function.identity()));
    for (QuantizedLayer quantized : network.layers()) {
      Layer layer = layers.get(quantized.name());
      if (layer == null) {
        throw new IllegalArgumentException("no layer " + quantized.name() + " in the graph");
      }
      put(
          parameters.addObject(),
          layer.node().getInput(1),
          quantized.weight().encoding(),
          layer.layout());
    }
    network.stored().forEach(stored -> put(parameters.addObject(), stored));
    return file;
  }

  private static void put(ObjectNode to, String weight, Encoding encoding, WeightLayout layout) {
    put(to, weight, encoding);
    switch (encoding.granularity().unit()) {
      case TENSOR -> {}
      case CHANNEL -> to.put("axis", layout.channelAxis());
      case BLOCK -> {
        to.put("axis", layout.inputAxis());
        to.put("block_size", encoding.granularity().blockSize());
      }
    }
  }

  /** Each row of a table is a channel, or one or more blocks along the last axis. */
  private static void put(ObjectNode to, StoredWeight stored) {
    Encoding encoding = stored.weight().encoding();
    if (stored.constant().use() == Use.WEIGHT) {
      put(to, stored.constant().name(), encoding, stored.constant().layout());
      return;
    }
    int last = stored.constant().shape().length - 1;
    put(to, stored.constant().name(), encoding);
    if (last == 1 && !encoding.isBlocked()) {
      to.put("axis", 0);
    } else {
      to.put("enc_type", "PER_BLOCK");
      to.put("axis", last);
      to.put("block_size", stored.weight().k() / encoding.blocks());
    }
  }

  private static void put(ObjectNode to, String name, Encoding encoding) {
    Grid grid = encoding.grid();
    to.put("name", name);
    to.put("dtype", "INT");
    to.put("bw", grid.bits());
    to.put("enc_type", "PER_" + encoding.granularity().unit());
    to.put("is_sym", grid.isSigned() && encoding.symmetric());
    ArrayNode scales = to.putArray("scale");
    ArrayNode offsets = to.putArray("offset");
    int toUnsigned = grid.isSigned() ? 1 << (grid.bits() - 1) : 0;
    for (float scale : encoding.scales()) {
      scales.add(scale);
    }
    for (int zeroPoint : encoding.zeroPoints()) {
      offsets.add(-zeroPoint - toUnsigned);
    }
    Codebook codebook = encoding.codebook();
    if (codebook != null) {
      to.put("levels", codebook.levels().label());
      ArrayNode values = to.putArray("codebook");
      for (float value : codebook.values()) {
        values.add(value);
      }
    }
    if (!encoding.factors().isNone()) {
      ArrayNode factors = to.putArray("factors");
      for (float factor : encoding.factors().values()) {
        factors.add(factor);
      }
    }
  }
}
