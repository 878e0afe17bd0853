package io.halfstep.ranges;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.ranges.RangeMethod.MinMax;
import io.halfstep.ranges.RangeMethod.Mse;
import io.halfstep.ranges.RangeMethod.Percentile;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The range methods of plan files and the command line, as they are written there.
 *
 * @param <M> methods for weights, or for activations
 */
public final class RangeMethods<M> {
  /**
   * The text form of a method.
   *
   * @param usage shown in messages
   * @param reader returns null, or throws InvalidInputException, if a text is not this method
   */
  private record Syntax<M>(String usage, Function<String, @Nullable M> reader) {}

  private static final List<Syntax<RangeMethod>> OF_BOTH =
      List.of(
          plain("minmax", new MinMax()),
          plain("mse", new Mse()),
          withNumber("lp", "\"lp:P\" with 1 <= P <= 4, e.g. \"lp:2.4\"", Lp::new),
          withNumber(
              "percentile",
              "\"percentile:P\" with 50 < P <= 100, e.g. \"percentile:99.99\"",
              Percentile::new));

  /** The methods for weights. */
  public static final RangeMethods<WeightRangeMethod> OF_WEIGHTS =
      new RangeMethods<>(
          Stream.concat(OF_BOTH.stream(), Stream.of(plain("output-mse", new OutputMse()))).toList(),
          "; for activations also kl, cross-entropy, batch-norm and \"moving-average:N\"");

  /** The methods for activations. */
  public static final RangeMethods<ActivationRangeMethod> OF_ACTIVATIONS =
      new RangeMethods<>(
          Stream.concat(
                  OF_BOTH.stream(),
                  Stream.of(
                      plain("kl", new Kl()),
                      plain("cross-entropy", new CrossEntropy()),
                      plain("batch-norm", new BatchNormRange()),
                      withNumber(
                          "moving-average",
                          "\"moving-average:N\" with a number of samples, e.g."
                              + " \"moving-average:100\"",
                          RangeMethods::movingAverage)))
              .toList(),
          "; for weights also output-mse");

  private final List<Syntax<? extends M>> all;
  private final String hint;

  /**
   * @param hint follows the forms that are expected
   */
  private RangeMethods(List<? extends Syntax<? extends M>> all, String hint) {
    this.all = List.copyOf(all);
    this.hint = hint;
  }

  /**
   * Reads a method, e.g. {@code minmax} or {@code percentile:99.99}.
   *
   * @throws InvalidInputException if there is no such method
   */
  public M parse(String text) {
    return find(text)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "range method '%s': expected %s".formatted(text, expected())));
  }

  private Optional<M> find(String text) {
    return all.stream()
        .<Optional<M>>map(syntax -> Optional.ofNullable(read(syntax, text)))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** Returns the forms that {@link #parse} accepts, for messages. */
  public String expected() {
    int last = all.size() - 1;
    return all.subList(0, last).stream().map(Syntax::usage).collect(Collectors.joining(", "))
        + " or "
        + all.get(last).usage()
        + hint;
  }

  private static <M> @Nullable M read(Syntax<M> syntax, String text) {
    try {
      return syntax.reader().apply(text);
    } catch (InvalidInputException e) {
      return null;
    }
  }

  private static <M> Syntax<M> plain(String label, M method) {
    return new Syntax<>(label, text -> text.equals(label) ? method : null);
  }

  private static MovingAverage movingAverage(double samples) {
    if (samples != (int) samples) {
      throw new InvalidInputException("moving-average " + samples + ": expected a whole number");
    }
    return new MovingAverage((int) samples);
  }

  private static <M> Syntax<M> withNumber(String name, String usage, DoubleFunction<M> method) {
    return new Syntax<>(
        usage,
        text -> {
          if (!text.startsWith(name + ":")) {
            return null;
          }
          try {
            return method.apply(Double.parseDouble(text.substring(name.length() + 1)));
          } catch (NumberFormatException e) {
            return null;
          }
        });
  }
}
