package io.halfstep.text;

import java.util.Locale;

/** Formats figures for users. */
public final class Figures {
  private static final String[] BYTES = {"B", "kB", "MB", "GB", "TB"};

  private Figures() {}

  /** Formats with a number of decimals; – for NaN, ∞ for infinities. */
  public static String number(double value, int decimals) {
    if (Double.isNaN(value)) {
      return "–";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "−∞";
    }
    return String.format(Locale.ROOT, "%." + decimals + "f", value).replace('-', '−');
  }

  /** Formats with three significant digits. */
  public static String brief(double value) {
    double size = Math.abs(value);
    if (value == 0 || !(size < Double.POSITIVE_INFINITY)) {
      return number(value, 0);
    }
    return size >= 1e-3 && size < 1e5
        ? number(value, (int) Math.max(0, 2 - Math.floor(Math.log10(size))))
        : String.format(Locale.ROOT, "%.2e", value).replace('-', '−');
  }

  /** Formats bytes with powers of 1000: {@code 96.8 kB}. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (value >= 999.5 && unit < BYTES.length - 1) {
      value /= 1000;
      unit++;
    }
    return number(value, unit == 0 || value >= 99.95 ? 0 : 1) + " " + BYTES[unit];
  }

  /** Formats a duration: {@code 1:02:03}, or {@code 2:03} below an hour. */
  public static String clock(double seconds) {
    long s = Math.round(seconds);
    return s >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60);
  }

  /**
   * Shortens a name in the middle to at most {@code length} characters, since names differ at their
   * ends.
   */
  public static String shorten(String text, int length) {
    if (text.length() <= length) {
      return text;
    }
    if (length < 3) {
      return text.substring(0, Math.max(0, length));
    }
    int head = (length - 1) / 2;
    return text.substring(0, head) + "…" + text.substring(text.length() - (length - 1 - head));
  }
}
