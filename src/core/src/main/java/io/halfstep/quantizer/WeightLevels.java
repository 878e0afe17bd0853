package io.halfstep.quantizer;

import io.halfstep.failure.InvalidInputException;
import java.util.Locale;

/**
 * The levels that a weight may take.
 *
 * @param kind how they are chosen
 * @param parameter M of {@code binary:M}, D of {@code product:D}; 1 otherwise
 */
public record WeightLevels(Kind kind, int parameter) {
  /** The usual grid: all steps are equal. */
  public static final WeightLevels UNIFORM = new WeightLevels(Kind.UNIFORM, 1);

  private static final int MOST_BASES = 3;
  private static final int LONGEST_VECTOR = 16;

  /** How levels are chosen. */
  public enum Kind {
    /** {@link Grid}. */
    UNIFORM,
    /** {@code {0, ±1, ±1/2, ±1/4, …}} (INQ, Zhou et al. 2017). */
    POWER_OF_TWO,
    /** By k-means (Deep Compression, Han et al. 2016). */
    CODEBOOK,
    /** {@code {−1, 0, 1}} (TWN, Li et al. 2016). */
    TERNARY,
    /**
     * {@code {−1, 1}} (BWN, Rastegari et al. 2016); with M bases, the sums {@code ±α₁ ± … ± α_M} of
     * each channel (ABC-Net, Lin et al. 2017).
     */
    BINARY,
    /** Vectors of D weights, by k-means (Gong et al. 2014). */
    PRODUCT;

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Describes what {@link #parse} reads. */
  public static final String EXPECTED =
      "uniform, power-of-two, codebook, ternary, binary, \"binary:M\" with M 2 or 3, or"
          + " \"product:D\" with D 2, 4, 8 or 16";

  /**
   * @throws InvalidInputException if the parameter is out of bounds
   */
  public WeightLevels {
    boolean valid =
        switch (kind) {
          case BINARY -> parameter >= 1 && parameter <= MOST_BASES;
          case PRODUCT ->
              parameter > 1 && parameter <= LONGEST_VECTOR && Integer.bitCount(parameter) == 1;
          default -> parameter == 1;
        };
    if (!valid) {
      throw invalid(kind.label() + ":" + parameter);
    }
  }

  /**
   * Reads {@code codebook}, {@code binary:2} or {@code product:4}.
   *
   * @throws InvalidInputException for anything else
   */
  public static WeightLevels parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String parameter = colon < 0 ? "1" : text.substring(colon + 1);
    for (Kind kind : Kind.values()) {
      if (kind.label().equals(name) && parameter.matches("[1-9][0-9]?")) {
        WeightLevels levels = new WeightLevels(kind, Integer.parseInt(parameter));
        if (levels.label().equals(text)) {
          return levels;
        }
      }
    }
    throw invalid(text);
  }

  private static InvalidInputException invalid(String text) {
    return new InvalidInputException("weight levels '%s': expected %s".formatted(text, EXPECTED));
  }

  /** Returns the name in options, plans and reports, e.g. {@code binary:2}. */
  public String label() {
    return parameter == 1 ? kind.label() : kind.label() + ":" + parameter;
  }

  public boolean isUniform() {
    return kind == Kind.UNIFORM;
  }

  /** Returns whether the number of levels is given by the kind, and not by the bits per weight. */
  public boolean fixesBits() {
    return kind == Kind.TERNARY || kind == Kind.BINARY;
  }

  /** Returns whether 0 may be among the levels, by itself and not as part of a vector. */
  public boolean canHoldZero() {
    return kind != Kind.BINARY && kind != Kind.PRODUCT;
  }

  /** Returns how many weights one index stands for. */
  public int dimension() {
    return kind == Kind.PRODUCT ? parameter : 1;
  }

  /**
   * Returns the grid of the indices of levels that aren't uniform.
   *
   * @param bits of an index, unless the kind fixes them
   */
  public Grid indices(int bits) {
    return switch (kind) {
      case UNIFORM -> throw new IllegalStateException("uniform levels have no indices");
      case TERNARY -> new Grid(2, 0, 2);
      case BINARY -> Grid.unsigned(parameter);
      case POWER_OF_TWO -> new Grid(bits, 0, (1 << bits) - 2); // as many below 0 as above
      case CODEBOOK, PRODUCT -> Grid.unsigned(bits);
    };
  }
}
