package io.halfstep.encodings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.quantizer.ChannelFactors;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.Granularity;
import io.halfstep.quantizer.Grid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads AIMET's encodings 1.0.0, as described in {@code io.halfstep.export.EncodingsFile}. A tensor
 * of {@code dtype} FLOAT, or of 32 bits, stays in float. A grid is signed if {@code is_sym} is true
 * and all offsets are {@code −2^(bw−1)}, else unsigned; the reals are the same.
 */
final class EncodingsReader {
  /** Floats are the nearest to what is written; by way of doubles, some would not be. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private static final String VERSION = "1.0.0";
  private static final int FLOAT_BITS = 32;

  private final Path file;
  private final JsonNode root;

  private EncodingsReader(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Opens a file.
   *
   * @throws InvalidInputException if it is missing, not JSON, or of another version
   */
  static EncodingsReader open(Path file) {
    EncodingsReader reader = new EncodingsReader(file, parse(file));
    JsonNode version = reader.root.path("version");
    if (!version.asText().equals(VERSION)) {
      throw GivenEncoding.wrong(
          file.toString(),
          "version",
          shown(version),
          "\"1.0.0\", which AIMET writes if its encoding_version is set to it");
    }
    return reader;
  }

  private static JsonNode parse(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file, expected encodings in JSON");
    }
    try {
      return MAPPER.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s: not JSON: %s".formatted(file, e.getOriginalMessage().replaceAll("\\s+", " ")), e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Reads the activations, which have 2 to 8 or 16 bits and one scale. */
  List<GivenEncoding> activations() {
    return entries(
        "activation",
        bits -> (bits >= 2 && bits <= 8) || bits == 16,
        "2 to 8, 16, or 32 for float",
        "PER_TENSOR");
  }

  /** Reads the parameters, which have 2 to 8 bits. */
  List<GivenEncoding> parameters() {
    return entries(
        "param",
        bits -> bits >= 2 && bits <= 8,
        "2 to 8, or 32 for float",
        "PER_TENSOR, PER_CHANNEL or PER_BLOCK");
  }

  private List<GivenEncoding> entries(
      String kind, IntPredicate allowed, String bits, String encTypes) {
    JsonNode list = root.path(kind + "_encodings");
    if (!list.isArray()) {
      throw GivenEncoding.wrong(file.toString(), kind + "_encodings", shown(list), "a list");
    }
    List<GivenEncoding> entries = new ArrayList<>();
    for (JsonNode entry : list) {
      JsonNode name = entry.path("name");
      if (!name.isTextual() || name.asText().isEmpty()) {
        throw GivenEncoding.wrong(
            "%s: %s_encodings[%d]".formatted(file, kind, entries.size()),
            "name",
            shown(name),
            "the name of a tensor");
      }
      String where = "%s: %s '%s'".formatted(file, kind, name.asText());
      entries.add(new Entry(entry, where).read(name.asText(), allowed, bits, encTypes));
    }
    return entries;
  }

  private static String shown(JsonNode node) {
    if (node.isMissingNode()) {
      return "missing";
    }
    return node.isContainerNode() ? (node.isArray() ? "a list" : "an object") : node.toString();
  }

  /** The fields of a tensor. */
  private record Entry(JsonNode fields, String where) {
    GivenEncoding read(String name, IntPredicate allowed, String expectedBits, String encTypes) {
      int bits = integer("bw", fields.path("bw"));
      boolean isFloat =
          bits == FLOAT_BITS || !word("dtype", "INT or FLOAT", "INT|FLOAT|FP").equals("INT");
      if (isFloat) {
        return new GivenEncoding(name, where, Granularity.TENSOR, null, null);
      }
      if (!allowed.test(bits)) {
        throw wrong("bw", fields.path("bw"), expectedBits);
      }
      Granularity granularity =
          granularity(word("enc_type", encTypes, encTypes.replaceAll(", | or ", "|")));
      JsonNode axis = fields.path("axis");
      return new GivenEncoding(
          name,
          where,
          granularity,
          axis.isMissingNode() ? null : (Integer) integer("axis", axis),
          values(bits));
    }

    private Granularity granularity(String encType) {
      return switch (encType) {
        case "PER_CHANNEL" -> Granularity.CHANNEL;
        case "PER_BLOCK" -> {
          JsonNode node = fields.path("block_size");
          int size = integer("block_size", node);
          if (size < 2) {
            throw wrong("block_size", node, "2 or more");
          }
          yield Granularity.block(size);
        }
        default -> Granularity.TENSOR;
      };
    }

    /** Returns the values, as of so many channels as there are scales. */
    private Encoding values(int bits) {
      float[] scales = scales();
      int[] offsets = offsets(bits, scales.length);
      int half = 1 << (bits - 1);
      boolean signed = isSymmetric();
      for (int offset : offsets) {
        signed &= offset == -half;
      }
      Grid grid = signed ? Grid.signed(bits) : Grid.unsigned(bits);
      int[] zeroPoints = new int[offsets.length];
      for (int i = 0; i < offsets.length; i++) {
        zeroPoints[i] = -offsets[i] - (signed ? half : 0);
      }
      return Encoding.perChannel(grid, scales, zeroPoints).withFactors(factors());
    }

    private boolean isSymmetric() {
      JsonNode node = fields.path("is_sym");
      if (!node.isBoolean()) {
        throw wrong("is_sym", node, "true or false");
      }
      return node.asBoolean();
    }

    private float[] scales() {
      JsonNode list = list("scale", fields.path("scale"));
      float[] scales = new float[list.size()];
      for (int i = 0; i < scales.length; i++) {
        scales[i] = list.get(i).isNumber() ? list.get(i).floatValue() : 0;
        if (!(scales[i] >= Float.MIN_NORMAL && scales[i] <= Float.MAX_VALUE)) {
          throw wrong("scale[" + i + "]", list.get(i), "a positive number");
        }
      }
      return scales;
    }

    private int[] offsets(int bits, int scales) {
      JsonNode list = list("offset", fields.path("offset"));
      if (list.size() != scales) {
        throw GivenEncoding.wrong(
            where, "offset", list.size() + " numbers", scales + ", one for each scale");
      }
      int least = 1 - (1 << bits);
      int[] offsets = new int[scales];
      for (int i = 0; i < scales; i++) {
        String field = "offset[" + i + "]";
        offsets[i] = integer(field, list.get(i));
        if (offsets[i] < least || offsets[i] > 0) {
          throw wrong(field, list.get(i), "%d to 0 for %d bits".formatted(least, bits));
        }
      }
      JsonNode shift = fields.path("zero_point_shift");
      if (!shift.isMissingNode()) {
        throw wrong("zero_point_shift", shift, "none: zero points are integers");
      }
      return offsets;
    }

    private ChannelFactors factors() {
      JsonNode node = fields.path("factors");
      if (node.isMissingNode()) {
        return ChannelFactors.NONE;
      }
      float[] factors = new float[list("factors", node).size()];
      for (int i = 0; i < factors.length; i++) {
        factors[i] = node.get(i).floatValue();
      }
      try {
        return ChannelFactors.of(factors);
      } catch (IllegalArgumentException e) {
        throw new InvalidInputException(where + ": factors: " + e.getMessage(), e);
      }
    }

    private JsonNode list(String field, JsonNode node) {
      if (!node.isArray() || node.isEmpty()) {
        throw wrong(field, node, "a list of numbers");
      }
      return node;
    }

    /** AIMET writes some integers as 8.0. */
    private int integer(String field, JsonNode node) {
      if (node.isNumber()) {
        try {
          return node.decimalValue().intValueExact();
        } catch (ArithmeticException e) {
          throw wrong(field, node, "a whole number");
        }
      }
      throw wrong(field, node, "a whole number");
    }

    private String word(String field, String expected, String pattern) {
      JsonNode node = fields.path(field);
      if (!node.isTextual() || !node.asText().matches(pattern)) {
        throw wrong(field, node, expected);
      }
      return node.asText();
    }

    private InvalidInputException wrong(String field, JsonNode found, String expected) {
      return GivenEncoding.wrong(where, field, shown(found), expected);
    }
  }
}
