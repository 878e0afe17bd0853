package io.halfstep.plan;

import io.halfstep.failure.InvalidInputException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The samples of a run and their preprocessing. */
public record DataSettings(SettingValues values) {
  private static final Pattern SYNTHETIC = Pattern.compile("synthetic(?::(.*))?");
  private static final int SYNTHETIC_SAMPLES = 128;

  /** Files and folders of samples. */
  public static final Setting<List<String>> DATA =
      Setting.open(
          "data",
          Syntax.texts("PATH", true),
          "",
          "Samples: .npy, .npz or .pb files, folders of them, folders of PNG or JPEG images, ONNX"
              + " test-data folders. file.npz:array picks an array; input=PATH binds it to an input"
              + " of the model, e.g. --data input_ids=ids.npy attention_mask=mask.npy. file@1 has its samples along axis"
              + " 1. An array without axes is one value for all samples. synthetic or synthetic:N makes 128"
              + " or N samples of what the model's batch norms know, for quantize and analyze.");

  /** How samples are normalized. */
  public static final Setting<List<String>> NORMALIZE =
      Setting.open(
          "normalize",
          Syntax.texts("SPEC", false),
          "",
          "For data that the model does not normalize itself: (x/scale - mean)/std, with a slash"
              + " between channels, e.g. mean=0.485/0.456/0.406,std=0.229/0.224/0.225,scale=255. A"
              + " prefix as in image:mean=... binds it to one input.");

  /** How images become samples. */
  public static final Setting<String> IMAGE =
      Setting.open(
          "image",
          Syntax.text("SPEC"),
          "",
          "How images become samples: resize=256,crop=224,layout=nchw|nhwc,color=rgb|bgr|gray."
              + " Other values follow from the model's input.");

  /** How many samples to use. */
  public static final Setting<Long> SAMPLES =
      Setting.open(
          "samples",
          Syntax.wholeLong("N", 1, Long.MAX_VALUE),
          "all",
          "Use the first N samples only.");

  /** Samples per batch. */
  public static final Setting<Integer> BATCH =
      Setting.open(
          "batch",
          Syntax.whole("N", 1, Integer.MAX_VALUE),
          "32, fewer if the model's activations are large",
          "Samples per batch, unless the model fixes it.");

  /** Which input marks padding. */
  public static final Setting<String> MASK =
      Setting.open(
          "mask",
          Syntax.text("NAME"),
          "attention_mask, if it is an input [batch, sequence]",
          "The input [batch, sequence] that is 0 where samples are padded. Padding is left out of"
              + " all statistics and error figures.");

  /** All settings, in the order of the help. */
  public static final List<Setting<?>> ALL = List.of(DATA, NORMALIZE, IMAGE, MASK, SAMPLES, BATCH);

  /** No settings. */
  public static final DataSettings NONE = new DataSettings(SettingValues.NONE);

  /** Keeps only the settings in {@link #ALL}. */
  public DataSettings {
    values = values.only(ALL);
  }

  /** Returns the values of {@code --data}; empty if not set. */
  public List<String> files() {
    List<String> said = values.said(DATA);
    return said == null ? List.of() : said;
  }

  /**
   * Returns how many samples are to be synthesized; 0 if the data are files.
   *
   * @throws InvalidInputException if that is no number from 1 on, or stands beside files
   */
  public int synthetic() {
    for (String file : files()) {
      Matcher matcher = SYNTHETIC.matcher(file);
      if (matcher.matches()) {
        if (files().size() > 1) {
          throw new InvalidInputException(
              "data: %s stands alone, found %s".formatted(file, String.join(", ", files())));
        }
        return matcher.group(1) == null ? SYNTHETIC_SAMPLES : count(file, matcher.group(1));
      }
    }
    return 0;
  }

  private static int count(String file, String text) {
    try {
      int count = Integer.parseInt(text);
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new InvalidInputException(
        "data: %s, expected synthetic:N with a number N from 1 on".formatted(file));
  }

  /** Returns the values of {@code --normalize}; empty if not set. */
  public List<String> normalization() {
    List<String> said = values.said(NORMALIZE);
    return said == null ? List.of() : said;
  }

  /** Returns the value of {@code --image}. */
  public @Nullable String image() {
    return values.said(IMAGE);
  }

  /** Returns the value of {@code --mask}. */
  public @Nullable String mask() {
    return values.said(MASK);
  }

  /** Returns the number of samples, at least 1. */
  public @Nullable Long samples() {
    return values.said(SAMPLES);
  }

  /** Returns the batch size, at least 1. */
  public @Nullable Integer batch() {
    return values.said(BATCH);
  }

  /** Returns a copy with these files. */
  public DataSettings withFiles(List<String> files) {
    return new DataSettings(values.with(DATA, files));
  }

  /** Returns a copy with this normalization. */
  public DataSettings withNormalization(List<String> specifications) {
    return new DataSettings(values.with(NORMALIZE, specifications));
  }

  /** Returns a copy with this conversion of images. */
  public DataSettings withImage(String specification) {
    return new DataSettings(values.with(IMAGE, specification));
  }

  /** Returns a copy with this mask. */
  public DataSettings withMask(String input) {
    return new DataSettings(values.with(MASK, input));
  }

  /** Returns a copy with this limit on the number of samples. */
  public DataSettings withSamples(long count) {
    return new DataSettings(values.with(SAMPLES, count));
  }

  /** Returns a copy with this batch size. */
  public DataSettings withBatch(int samples) {
    return new DataSettings(values.with(BATCH, samples));
  }

  /** Returns these settings, completed by the others where a setting is missing. */
  public DataSettings over(DataSettings others) {
    return new DataSettings(values.over(others.values));
  }
}
