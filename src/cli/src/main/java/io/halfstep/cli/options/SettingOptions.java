package io.halfstep.cli.options;

import io.halfstep.plan.Setting;
import io.halfstep.plan.SettingValues;
import io.halfstep.plan.Syntax;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** Options generated from the declarations of settings. */
public final class SettingOptions {
  private final Map<OptionSpec, List<Setting<?>>> options = new LinkedHashMap<>();

  public SettingOptions(List<Setting<?>> settings) {
    settings.stream()
        .collect(Collectors.groupingBy(Setting::group, LinkedHashMap::new, Collectors.toList()))
        .forEach((name, group) -> options.put(option(name, group), group));
  }

  /** Adds the options to a command, under a heading, after others that belong there. */
  public void addTo(CommandSpec command, String heading, OptionSpec... others) {
    ArgGroupSpec.Builder section =
        ArgGroupSpec.builder().validate(false).heading("%n" + heading + "%n");
    Stream.concat(Stream.of(others), options.keySet().stream()).forEach(section::addArg);
    command.addArgGroup(section.build());
  }

  /** Returns the values given on the command line. */
  public SettingValues given() {
    SettingValues given = SettingValues.NONE;
    for (var option : options.entrySet()) {
      for (Object text : texts(option.getKey().getValue())) {
        given = with(given, option.getValue(), text.toString());
      }
    }
    return given;
  }

  /** Returns values as options, including defaults, for the report. */
  public static Map<String, String> describe(List<Setting<?>> settings, SettingValues values) {
    Map<String, String> described = new LinkedHashMap<>();
    for (Setting<?> setting : settings) {
      String text = describe(setting, values);
      if (!text.isEmpty()) {
        boolean alone = setting.part().isEmpty();
        described.merge(
            "--" + setting.group(),
            alone ? text : setting.part() + "=" + text,
            (before, more) -> before + "," + more);
      }
    }
    return described;
  }

  private static <T> String describe(Setting<T> setting, SettingValues values) {
    return setting.describe(values.said(setting));
  }

  private static OptionSpec option(String name, List<Setting<?>> group) {
    Setting<?> setting = group.get(0);
    Syntax<?> syntax = setting.syntax();
    boolean flag = syntax.type() == Boolean.class;
    OptionSpec.Builder option =
        OptionSpec.builder("--" + name)
            .arity(flag ? "0" : syntax.severalAtOnce() ? "1..*" : "1")
            .type(syntax.repeats() ? List.class : syntax.type())
            .auxiliaryTypes(syntax.type())
            .converters(text -> checked(group, text))
            .description(description(setting));
    if (!flag) {
      option.paramLabel(syntax.form());
    }
    if (!syntax.words().isEmpty()) {
      option.completionCandidates(syntax.words());
    }
    return option.build();
  }

  private static String[] description(Setting<?> setting) {
    List<String> lines = new ArrayList<>(setting.help());
    if (!setting.otherwise().isEmpty()) {
      lines.set(0, lines.get(0) + " Default: " + setting.otherwise() + ".");
    }
    return lines.stream().map(line -> line.replace("%", "%%")).toArray(String[]::new);
  }

  private static String checked(List<Setting<?>> group, String text) {
    with(SettingValues.NONE, group, text);
    return text;
  }

  private static List<?> texts(@Nullable Object given) {
    return given == null ? List.of() : given instanceof List<?> several ? several : List.of(given);
  }

  private static SettingValues with(SettingValues values, List<Setting<?>> group, String text) {
    if (group.get(0).part().isEmpty()) {
      return with(values, group.get(0), text);
    }
    SettingValues all = values;
    for (String one : text.split(",", -1)) {
      String part = one.substring(0, Math.max(0, one.indexOf('='))).strip();
      List<Setting<?>> meant =
          group.stream().filter(each -> part.isEmpty() || part.equals(each.part())).toList();
      if (meant.isEmpty()) {
        throw wrong(one, expected(group));
      }
      for (Setting<?> setting : meant) {
        all = with(all, setting, one.substring(one.indexOf('=') + 1).strip());
      }
    }
    return all;
  }

  private static String expected(List<Setting<?>> group) {
    return group.stream()
        .map(setting -> setting.part() + "=" + setting.syntax().form())
        .collect(Collectors.joining(",", group.get(0).syntax().form() + ", or ", ""));
  }

  private static <T> SettingValues with(SettingValues values, Setting<T> setting, String text) {
    T value = value(setting.syntax(), text);
    T before = values.said(setting);
    return values.with(setting, before == null ? value : setting.syntax().after(before, value));
  }

  private static <T> T value(Syntax<T> syntax, String text) {
    T value = syntax.parse(text);
    if (value == null) {
      throw wrong(text, syntax.expected());
    }
    return value;
  }

  private static TypeConversionException wrong(String found, String expected) {
    return new TypeConversionException("found '%s', expected %s".formatted(found, expected));
  }
}
