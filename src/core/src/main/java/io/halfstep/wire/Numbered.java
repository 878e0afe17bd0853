package io.halfstep.wire;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/** Numbers for the constants of an enum, which do not depend on the constants' order. */
final class Numbered<E extends Enum<E>> {
  private final Class<E> type;
  private final Map<E, Integer> numbers;
  private final Map<Integer, E> constants = new HashMap<>();

  /**
   * @throws IllegalArgumentException unless every constant has a different number
   */
  Numbered(Class<E> type, Map<E, Integer> numbers) {
    this.type = type;
    this.numbers = new EnumMap<>(numbers);
    numbers.forEach((constant, number) -> constants.put(number, constant));
    if (constants.size() < type.getEnumConstants().length) {
      throw new IllegalArgumentException("%s: %s".formatted(type.getSimpleName(), numbers));
    }
  }

  void write(WireWriter to, E constant) {
    to.count(requireNonNull(numbers.get(constant)));
  }

  E read(WireReader from) {
    int number = from.count();
    E constant = constants.get(number);
    if (constant == null) {
      throw new IllegalArgumentException("%s %d".formatted(type.getSimpleName(), number));
    }
    return constant;
  }
}
