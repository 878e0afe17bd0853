package io.halfstep.http;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.ElementType;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The protocol's names of element types. */
enum Datatype {
  BOOL(ElementType.BOOL),
  UINT8(ElementType.UINT8),
  UINT16(ElementType.UINT16),
  UINT32(ElementType.UINT32),
  UINT64(ElementType.UINT64),
  INT8(ElementType.INT8),
  INT16(ElementType.INT16),
  INT32(ElementType.INT32),
  INT64(ElementType.INT64),
  FP16(ElementType.FLOAT16),
  BF16(ElementType.BFLOAT16),
  FP32(ElementType.FLOAT),
  FP64(ElementType.DOUBLE);

  private final ElementType type;

  Datatype(ElementType type) {
    this.type = type;
  }

  ElementType type() {
    return type;
  }

  static Datatype of(ElementType type) {
    return Arrays.stream(values()).filter(d -> d.type == type).findFirst().orElseThrow();
  }

  static Datatype parse(String name, String where) {
    if (name.equals("BYTES")) {
      throw new InvalidInputException(
          where + ": datatype BYTES, expected numbers; no input of the model takes strings");
    }
    return Arrays.stream(values())
        .filter(datatype -> datatype.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "%s: datatype '%s', expected one of %s"
                        .formatted(
                            where,
                            name,
                            Arrays.stream(values())
                                .map(Datatype::name)
                                .collect(Collectors.joining(", ")))));
  }
}
