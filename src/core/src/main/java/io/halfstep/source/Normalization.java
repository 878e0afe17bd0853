package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The normalization of float inputs: {@code (x/scale − mean) / std}, in single precision and in
 * this order, with values for the whole input or for each channel.
 *
 * <p>Written as {@code mean=0.2860,std=0.3530,scale=255}, with channels separated by a slash:
 * {@code mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255}. The defaults are mean 0, std 1,
 * scale 1. {@code layout=nhwc} means that the channels are the last axis; without it, the input's
 * shape decides (the last axis if it has 1, 3 or 4 entries and axis 1 has not, else axis 1). A
 * prefix binds it to one input: {@code image:mean=…}; without one it applies to every float input
 * without its own.
 */
public final class Normalization {
  /** No normalization. */
  public static final Normalization NONE = new Normalization(List.of());

  private static final Pattern PREFIX = Pattern.compile("(.+?):(?=(?:mean|std|scale|layout)=)");

  private final List<Rule> rules;

  private Normalization(List<Rule> rules) {
    this.rules = rules;
  }

  /** One specification; arrays of one value, or of one per channel. */
  private record Rule(
      @Nullable String input, float[] scale, float[] mean, float[] std, @Nullable Layout layout) {

    int channels() {
      return Math.max(scale.length, Math.max(mean.length, std.length));
    }
  }

  /**
   * Parses specifications, one for all float inputs or one for each input.
   *
   * @throws InvalidInputException if one is malformed, has an unknown key, an invalid number, or
   *     different numbers of channels; or if two are for the same input
   */
  public static Normalization parse(String... specifications) {
    List<Rule> rules = new ArrayList<>();
    for (String specification : specifications) {
      Rule rule = rule(specification);
      if (rules.stream().anyMatch(r -> Objects.equals(r.input, rule.input))) {
        throw invalid(
            specification, "is the second one for the same input; expected at most one for each");
      }
      rules.add(rule);
    }
    return new Normalization(List.copyOf(rules));
  }

  private static Rule rule(String specification) {
    Matcher prefix = PREFIX.matcher(specification);
    String input = prefix.lookingAt() ? prefix.group(1) : null;
    String settings = input == null ? specification : specification.substring(prefix.end());
    Map<String, List<Float>> numbers = new HashMap<>();
    Layout layout = null;
    for (String setting : settings.split(",", -1)) {
      int equals = setting.indexOf('=');
      String key = equals < 0 ? "" : setting.substring(0, equals).strip();
      String value = setting.substring(equals + 1).strip();
      switch (key) {
        case "mean", "std", "scale" ->
            numbers
                .computeIfAbsent(key, k -> new ArrayList<>())
                .addAll(numbers(specification, key, value));
        case "layout" -> layout = layout(specification, value);
        default ->
            throw invalid(
                specification,
                "'" + setting + "' is none of mean=…, std=…, scale=…, layout=nchw|nhwc");
      }
    }
    Rule rule =
        new Rule(
            input,
            array(numbers.get("scale"), 1),
            array(numbers.get("mean"), 0),
            array(numbers.get("std"), 1),
            layout);
    for (float[] values : List.of(rule.scale, rule.mean, rule.std)) {
      if (values.length != 1 && values.length != rule.channels()) {
        throw invalid(
            specification,
            "gives values for %d and for %d channels".formatted(values.length, rule.channels()));
      }
    }
    return rule;
  }

  private static List<Float> numbers(String specification, String key, String values) {
    List<Float> numbers = new ArrayList<>();
    for (String text : values.split("/", -1)) {
      float number;
      try {
        number = Float.parseFloat(text.strip());
      } catch (NumberFormatException e) {
        throw invalid(specification, key + " '" + text + "' is not a number");
      }
      boolean any = key.equals("mean");
      if (!Float.isFinite(number) || (!any && number < Float.MIN_NORMAL)) {
        throw invalid(
            specification,
            key + " " + text + " is not a finite" + (any ? "" : " positive") + " number");
      }
      numbers.add(number);
    }
    return numbers;
  }

  private static Layout layout(String specification, String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "nchw" -> Layout.NCHW;
      case "nhwc" -> Layout.NHWC;
      default -> throw invalid(specification, "layout '" + value + "' is neither nchw nor nhwc");
    };
  }

  private static float[] array(@Nullable List<Float> numbers, float otherwise) {
    if (numbers == null) {
      return new float[] {otherwise};
    }
    float[] array = new float[numbers.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = numbers.get(i);
    }
    return array;
  }

  private static InvalidInputException invalid(String specification, String problem) {
    return new InvalidInputException("normalization '" + specification + "': " + problem);
  }

  /** The range of a normalized input's channels, {@code [channels]}. */
  public record Bounds(double[] lowest, double[] highest) {}

  /**
   * Returns the range of an input of images, whose values are from 0 to {@code scale}; empty if it
   * is not normalized, its channels are not axis 1 or unknown, or the mean is not in this range.
   */
  public Optional<Bounds> ofImages(InputPort port) {
    Rule rule = rule(port);
    long[] shape = port.shape();
    if (rule == null
        || shape.length < 2
        || shape[1] < 1
        || layout(rule, port, null).channelAxis(shape.length) != 1) {
      return Optional.empty();
    }
    int channels = Math.toIntExact(shape[1]);
    double[] lowest = new double[channels];
    double[] highest = new double[channels];
    for (int channel = 0; channel < channels; channel++) {
      float mean = rule.mean[Math.min(channel, rule.mean.length - 1)];
      float std = rule.std[Math.min(channel, rule.std.length - 1)];
      if (mean < 0 || mean > 1) {
        return Optional.empty();
      }
      lowest[channel] = -mean / std;
      highest[channel] = (1 - mean) / std;
    }
    return Optional.of(new Bounds(lowest, highest));
  }

  /**
   * Checks the rules against the model's inputs.
   *
   * @throws InvalidInputException if one names an unknown or an integer input, or differs from its
   *     input in the number of channels, or if there is no float input
   */
  public void check(List<InputPort> ports) {
    for (Rule rule : rules) {
      List<InputPort> targets = ports.stream().filter(port -> rule.equals(rule(port))).toList();
      if (targets.isEmpty()) {
        String what =
            rule.input == null ? "for the float inputs" : "for float input '" + rule.input + "'";
        throw new InvalidInputException(
            "normalization " + what + ": the model has no such input, only " + list(ports));
      }
      for (InputPort port : targets) {
        checkChannels(rule, port);
      }
    }
  }

  private static void checkChannels(Rule rule, InputPort port) {
    long[] shape = port.shape();
    if (rule.channels() == 1 || shape.length == 0) {
      return;
    }
    int axis = layout(rule, port, null).channelAxis(shape.length);
    long found = axis < shape.length ? shape[axis] : 0;
    if (found >= 0 && found != rule.channels()) {
      throw new InvalidInputException(
          "normalization: has values for %d channels, input %s has %d"
              .formatted(rule.channels(), port, found));
    }
  }

  private static String list(List<InputPort> ports) {
    return ports.stream().map(InputPort::toString).collect(Collectors.joining("; "));
  }

  boolean appliesTo(InputPort port) {
    return rule(port) != null;
  }

  private @Nullable Rule rule(InputPort port) {
    if (!port.isFloat()) {
      return null;
    }
    Rule general = null;
    for (Rule rule : rules) {
      if (port.name().equals(rule.input)) {
        return rule;
      }
      general = rule.input == null ? rule : general;
    }
    return general;
  }

  private static Layout layout(Rule rule, InputPort port, @Nullable Layout known) {
    return rule.layout != null ? rule.layout : known != null ? known : Layout.of(port);
  }

  /**
   * Normalizes a sample.
   *
   * @param sample FLOAT, with a first axis of 1
   * @param known the layout of the data if it was specified
   */
  Tensor apply(InputPort port, Tensor sample, @Nullable Layout known) throws RejectedException {
    Rule rule = rule(port);
    if (rule == null) {
      return sample;
    }
    long[] shape = sample.shape();
    int axis = layout(rule, port, known).channelAxis(shape.length);
    int channels = rule.channels();
    int inner = sample.size();
    if (channels > 1) {
      if (axis >= shape.length || shape[axis] != channels) {
        throw new RejectedException(
            "number of channels",
            Arrays.toString(shape) + " where the normalization has " + channels + " channels");
      }
      inner = Tensor.elements(Arrays.copyOfRange(shape, axis + 1, shape.length));
    }
    float[] from = sample.floats();
    float[] to = new float[from.length];
    for (int start = 0, channel = 0; start < to.length; start += inner) {
      float scale = rule.scale[Math.min(channel, rule.scale.length - 1)];
      float mean = rule.mean[Math.min(channel, rule.mean.length - 1)];
      float std = rule.std[Math.min(channel, rule.std.length - 1)];
      for (int i = start; i < start + inner; i++) {
        to[i] = (from[i] / scale - mean) / std;
      }
      channel = channel + 1 == channels ? 0 : channel + 1;
    }
    return Tensor.of(to, shape);
  }
}
