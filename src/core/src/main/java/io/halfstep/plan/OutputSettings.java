package io.halfstep.plan;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files and console output of a command-line run. */
public record OutputSettings(SettingValues values) {
  /** The quantized model. */
  public static final Setting<Path> OUT =
      Setting.open(
          "out",
          Syntax.path("FILE"),
          "",
          "The quantized model to write. An existing file is replaced.");

  /** The HTML report. */
  public static final Setting<Path> REPORT =
      Setting.open(
          "report",
          Syntax.path("FILE.html"),
          "",
          "Also write a report: the error of each layer, with figures and advice.");

  /** The encodings as JSON. */
  public static final Setting<Path> ENCODINGS =
      Setting.open(
          "encodings", Syntax.path("FILE.json"), "", "Also write every scale and zero point.");

  /** The plan of the run. */
  public static final Setting<Path> PLAN_OUT =
      Setting.open(
          "plan-out",
          Syntax.path("FILE.conf"),
          "",
          "Also write the plan of the run, for --plan, with the bits that a budget gave each layer.");

  /** Whether to hide the progress. */
  public static final Setting<Boolean> QUIET =
      Setting.open("quiet", Syntax.flag(), "", "Print only errors, and --json's line.");

  /** Whether to print the result as JSON. */
  public static final Setting<Boolean> JSON =
      Setting.open("json", Syntax.flag(), "", "Print the result as one line of JSON.");

  /** All settings, in the order of the help. */
  public static final List<Setting<?>> ALL = List.of(OUT, REPORT, ENCODINGS, PLAN_OUT, QUIET, JSON);

  /** Keeps only the settings in {@link #ALL}. */
  public OutputSettings {
    values = values.only(ALL);
  }

  /** Returns the path of the quantized model. */
  public @Nullable Path out() {
    return values.said(OUT);
  }

  /** Returns the path of the HTML report. */
  public @Nullable Path report() {
    return values.said(REPORT);
  }

  /** Returns the path of the encodings in JSON. */
  public @Nullable Path encodings() {
    return values.said(ENCODINGS);
  }

  /** Returns the path of the plan of the run. */
  public @Nullable Path planOut() {
    return values.said(PLAN_OUT);
  }

  /** Returns whether to hide the progress. */
  public boolean quiet() {
    return Boolean.TRUE.equals(values.said(QUIET));
  }

  /** Returns whether to print the result as JSON. */
  public boolean json() {
    return Boolean.TRUE.equals(values.said(JSON));
  }
}
