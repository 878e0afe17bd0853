package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How images become samples, written as {@code resize=256,crop=224,layout=nchw,color=rgb}. Pixels
 * are 0 to 255 ({@code scale=255} of a {@link Normalization} maps them to 0 to 1).
 *
 * @param resize the length of the shorter side after resizing (bilinear, with a triangle filter as
 *     wide as the reduction), in pixels; 0: the least that contains the crop
 * @param cropHeight the height of the centre crop; 0: as in the model's input
 * @param cropWidth its width; {@code crop=224} is short for {@code crop=224x224} (height × width)
 * @param layout null: the last axis if the model's input has 1, 3 or 4 entries there and not at
 *     axis 1, else NCHW
 * @param color null: gray for an input of one channel, else RGB
 */
public record ImageSpec(
    int resize, int cropHeight, int cropWidth, @Nullable Layout layout, @Nullable Color color) {

  /** Everything as in the model's input. */
  public static final ImageSpec DEFAULT = new ImageSpec(0, 0, 0, null, null);

  private static final int LARGEST_SIDE = 1 << 14;
  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");

  /** The channels of an image and their order. */
  public enum Color {
    RGB(3),
    BGR(3),
    /** ITU-R 601 luma. */
    GRAY(1);

    private final int channels;

    Color(int channels) {
      this.channels = channels;
    }

    int channels() {
      return channels;
    }
  }

  /**
   * Parses a specification; missing keys are as in {@link #DEFAULT}.
   *
   * @throws InvalidInputException if a key or a value is unknown
   */
  public static ImageSpec parse(String specification) {
    ImageSpec spec = DEFAULT;
    for (String setting : specification.split(",", -1)) {
      String[] parts = setting.strip().toLowerCase(Locale.ROOT).split("=", 2);
      String value = parts.length == 2 ? parts[1].strip() : "";
      spec =
          switch (parts[0].strip()) {
            case "resize" -> spec.withResize(size(specification, "resize", value, false)[0]);
            case "crop" -> spec.withCrop(size(specification, "crop", value, true));
            case "layout" -> spec.withLayout(layout(specification, value));
            case "color" -> spec.withColor(color(specification, value));
            default ->
                throw invalid(
                    specification,
                    "'" + setting + "' is none of resize=…, crop=…, layout=…, color=…");
          };
    }
    return spec;
  }

  private ImageSpec withResize(int shorter) {
    return new ImageSpec(shorter, cropHeight, cropWidth, layout, color);
  }

  private ImageSpec withCrop(int[] size) {
    return new ImageSpec(resize, size[0], size[1], layout, color);
  }

  private ImageSpec withLayout(Layout chosen) {
    return new ImageSpec(resize, cropHeight, cropWidth, chosen, color);
  }

  private ImageSpec withColor(Color chosen) {
    return new ImageSpec(resize, cropHeight, cropWidth, layout, chosen);
  }

  private static int[] size(String specification, String key, String value, boolean two) {
    Matcher size = SIZE.matcher(value);
    if (size.matches() && (two || size.group(2) == null)) {
      int height = Integer.parseInt(size.group(1));
      int width = size.group(2) == null ? height : Integer.parseInt(size.group(2));
      if (height > 0 && width > 0 && height <= LARGEST_SIDE && width <= LARGEST_SIDE) {
        return new int[] {height, width};
      }
    }
    throw invalid(
        specification,
        key + " '" + value + "', expected 1 to " + LARGEST_SIDE + (two ? ", or HEIGHTxWIDTH" : ""));
  }

  private static Layout layout(String specification, String value) {
    return switch (value) {
      case "nchw" -> Layout.NCHW;
      case "nhwc" -> Layout.NHWC;
      default -> throw invalid(specification, "layout '" + value + "' is neither nchw nor nhwc");
    };
  }

  private static Color color(String specification, String value) {
    return switch (value) {
      case "rgb" -> Color.RGB;
      case "bgr" -> Color.BGR;
      case "gray" -> Color.GRAY;
      default -> throw invalid(specification, "color '" + value + "' is none of rgb, bgr, gray");
    };
  }

  private static InvalidInputException invalid(String specification, String problem) {
    return new InvalidInputException("images '" + specification + "': " + problem);
  }
}
