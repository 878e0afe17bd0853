package io.halfstep.plan;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A plan file in HOCON: every option of {@code halfstep quantize} under its name, and overrides for
 * single layers and activations. {@code config/plan.conf} is a complete example. Paths are relative
 * to the working directory.
 *
 * @param plan the base plan with the file's changes
 * @param others the file's settings among {@link #OTHERS}
 */
public record PlanFile(Plan plan, SettingValues others) {
  /** The settings of a plan file that do not belong to the plan. */
  public static final List<Setting<?>> OTHERS =
      Stream.of(DataSettings.ALL, ResourceSettings.ALL, OutputSettings.ALL)
          .<Setting<?>>flatMap(List::stream)
          .toList();

  /** The maximum size of a plan from an untrusted source, in bytes. */
  public static final int LARGEST = 1 << 20;

  /** Returns the settings of the samples. */
  public DataSettings data() {
    return new DataSettings(others);
  }

  /** Returns the limits on resources. */
  public ResourceSettings resources() {
    return new ResourceSettings(others);
  }

  /** Returns the settings of the outputs. */
  public OutputSettings outputs() {
    return new OutputSettings(others);
  }

  /**
   * Writes a plan as a file that {@link #read} reads as the same plan.
   *
   * @throws InvalidInputException if it can't be written
   */
  public static void write(Plan plan, Path file) {
    AtomicFile.write(file, PlanText.of(plan).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a plan file. Its overrides come after those of the base plan, and win.
   *
   * @throws InvalidInputException if the file is missing or not HOCON, has an unknown key, or a
   *     value of the wrong type or out of range; the message names file, line and key
   */
  public static PlanFile read(Path file, Plan base) {
    Section root = new Section(parse(file, () -> PlanSource.own(file)), "");
    return of(root, base, OTHERS);
  }

  /**
   * Reads a plan from an untrusted source. Includes and substitutions are rejected, since they
   * could disclose other files, the network, or this process's environment; and so is a file of
   * encodings.
   *
   * @param accepted which of {@link #OTHERS} the plan may set
   * @param refusal the reason to report for the rest
   * @throws InvalidInputException as {@link #read}, and if the plan sets more than is accepted, has
   *     an include or substitution, is longer than {@link #LARGEST} bytes, or nested deeper than
   *     {@value PlanSource#DEEPEST}
   */
  public static PlanFile readForeign(
      Path file, Plan base, List<Setting<?>> accepted, String refusal) {
    Section root = new Section(parse(file, () -> PlanSource.foreign(file)), "");
    root.refuse(PlanSettings.ENCODINGS_IN.name(), refusal);
    for (Setting<?> setting : OTHERS) {
      if (!accepted.contains(setting)) {
        root.refuse(setting.name(), refusal);
      }
    }
    return of(root, base, accepted);
  }

  private static PlanFile of(Section root, Plan base, List<Setting<?>> accepted) {
    List<LayerOverride> layers = new ArrayList<>(base.overrides());
    SettingValues values = values(root, PlanSettings.ALL);
    for (Section layer : root.sections("layers")) {
      layers.add(
          new LayerOverride(
              pattern(layer, "the name of a layer, or a glob"),
              overridden(layer, PlanSettings.OF_LAYERS)));
    }
    List<TensorOverride> tensors = new ArrayList<>(base.tensors());
    for (Section tensor : root.sections("tensors")) {
      tensors.add(
          new TensorOverride(
              pattern(tensor, "the name of an activation, or a glob"),
              overridden(tensor, PlanSettings.OF_TENSORS)));
    }
    SettingValues others = values(root, accepted);
    root.rejectOtherKeys();
    return new PlanFile(new Plan(values.over(base.values()), layers, tensors), others);
  }

  private static ConfigObject parse(Path file, Supplier<ConfigObject> source) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(file + ": no such file, expected a plan in HOCON");
    }
    try {
      return source.get();
    } catch (ConfigException e) {
      String reason = String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
      throw new InvalidInputException(
          (reason.startsWith(file.toString()) ? "" : file + ": ") + reason, e);
    } catch (StackOverflowError e) { // the parser is recursive; it holds no resources
      throw new InvalidInputException(file + ": nested too deeply", e);
    }
  }

  /** Reads settings; a group of them is an object, or one value for all of them. */
  private static SettingValues values(Section root, List<Setting<?>> settings) {
    Map<String, Optional<Section>> groups = new HashMap<>();
    SettingValues values = SettingValues.NONE;
    for (Setting<?> setting : settings) {
      boolean alone = setting.part().isEmpty();
      Optional<Section> group =
          alone ? Optional.empty() : groups.computeIfAbsent(setting.group(), root::section);
      values =
          group.isPresent()
              ? read(group.get(), setting.part(), setting, values)
              : read(root, setting.group(), setting, values);
    }
    groups.values().forEach(group -> group.ifPresent(Section::rejectOtherKeys));
    return values;
  }

  private static String pattern(Section override, String expected) {
    return override.text("match").orElseThrow(() -> override.missing("match", expected));
  }

  private static SettingValues overridden(Section override, List<Setting<?>> settings) {
    SettingValues values = SettingValues.NONE;
    for (Setting<?> setting : settings) {
      values = read(override, requireNonNull(setting.layerName()), setting, values);
    }
    override.rejectOtherKeys();
    return values;
  }

  private static <T> SettingValues read(
      Section section, String key, Setting<T> setting, SettingValues values) {
    Syntax<T> syntax = setting.syntax();
    List<T> read =
        syntax.repeats()
            ? section.all(key, syntax.expected(), syntax::read)
            : section.read(key, syntax.expected(), syntax::read).stream().toList();
    return values.with(setting, read.stream().reduce(syntax::after).orElse(null));
  }
}
