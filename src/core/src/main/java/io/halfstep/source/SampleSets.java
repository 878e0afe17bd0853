package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the sample sets of the {@code --data} values, in their order. */
final class SampleSets {
  private final List<InputPort> ports;

  private SampleSets(List<InputPort> ports) {
    this.ports = ports;
  }

  static List<SampleSet> find(List<String> data, List<InputPort> ports) {
    List<Binding> bindings = data.stream().map(text -> Binding.parse(text, ports)).toList();
    SampleSets sets = new SampleSets(ports);
    if (ports.size() == 1) {
      return bindings.stream().flatMap(binding -> sets.single(binding.ref()).stream()).toList();
    }
    long bound = bindings.stream().filter(binding -> binding.input() != null).count();
    if (bound == 0) {
      return bindings.stream().flatMap(binding -> sets.joint(binding.ref()).stream()).toList();
    }
    if (bound < bindings.size()) {
      throw new InvalidInputException(
          "data: some files are bound to inputs and some are not; bind every input ("
              + sets.names()
              + ") with INPUT=FILE, or none");
    }
    return sets.bound(bindings);
  }

  /** Returns the inputs with the batch axes that the values of {@code --data} name. */
  static List<InputPort> alongAxes(List<String> data, List<InputPort> ports) {
    List<InputPort> along = new ArrayList<>(ports);
    for (String text : data) {
      Binding binding = Binding.parse(text, ports);
      along.replaceAll(
          port ->
              binding.axis() != null && (port.name().equals(binding.input()) || ports.size() == 1)
                  ? port.withBatchAxis(binding.axis())
                  : port);
    }
    return along;
  }

  /** Returns the sample set of one file, which must have all inputs. */
  static List<SampleSet> of(Path file, List<InputPort> ports) {
    SampleSets sets = new SampleSets(ports);
    ArrayRef whole = new ArrayRef(file, null);
    return ports.size() == 1 ? sets.single(whole) : sets.joint(whole);
  }

  private String names() {
    return ports.stream().map(InputPort::name).collect(Collectors.joining(", "));
  }

  /** For a model with one input, every array is a set. */
  private List<SampleSet> single(ArrayRef ref) {
    String input = ports.get(0).name();
    return expand(ref).stream().map(array -> new SampleSet(Map.of(input, array))).toList();
  }

  /** Returns a file, or a folder's arrays or images. */
  private List<ArrayRef> expand(ArrayRef ref) {
    if (!Files.isDirectory(ref.path())) {
      return List.of(ref);
    }
    Folder folder = Folder.list(ref.path());
    List<Folder> tests = ports.size() == 1 ? folder.testDataSets() : List.of();
    List<Path> files =
        tests.isEmpty()
            ? folder.samples()
            : tests.stream().flatMap(test -> test.testInputs(1).stream()).toList();
    return files.stream().map(file -> new ArrayRef(file, null)).toList();
  }

  /** For a model with several inputs: the sets that have all of them. */
  private List<SampleSet> joint(ArrayRef ref) {
    if (Files.isDirectory(ref.path())) {
      Folder folder = Folder.list(ref.path());
      List<Folder> tests = folder.testDataSets();
      if (!tests.isEmpty()) {
        return tests.stream().map(this::testDataSet).toList();
      }
      SampleSet named = namedFiles(ref.path());
      if (named != null) {
        return List.of(named);
      }
      return folder.samples().stream().map(this::archive).toList();
    }
    if (ref.array() != null) {
      throw unbound(ref.path() + ":" + ref.array());
    }
    return List.of(archive(ref.path()));
  }

  private SampleSet testDataSet(Folder folder) {
    List<Path> files = folder.testInputs(ports.size());
    Map<String, SampleArray> arrays = new LinkedHashMap<>();
    for (int i = 0; i < files.size(); i++) {
      arrays.put(ports.get(i).name(), new ArrayRef(files.get(i), null));
    }
    return new SampleSet(arrays);
  }

  /** Returns a folder with {@code INPUT.npy} for every input. */
  private @Nullable SampleSet namedFiles(Path folder) {
    Map<String, SampleArray> arrays = new LinkedHashMap<>();
    for (InputPort port : ports) {
      Path file = folder.resolve(port.name().replace('/', '_') + ".npy");
      if (!Files.isRegularFile(file)) {
        return null;
      }
      arrays.put(port.name(), new ArrayRef(file, null));
    }
    return new SampleSet(arrays);
  }

  /** Returns an archive with an array of its name for every input. */
  private SampleSet archive(Path file) {
    if (FileKind.of(file) != FileKind.NPZ) {
      throw unbound(file.toString());
    }
    Map<String, SampleArray> arrays = new LinkedHashMap<>();
    for (InputPort port : ports) {
      arrays.put(port.name(), new ArrayRef(file, port.name()));
    }
    return new SampleSet(arrays);
  }

  private InvalidInputException unbound(String what) {
    return new InvalidInputException(
        "%s: which of the model's inputs %s is it for? Use INPUT=%s for each of them"
            .formatted(what, names(), what));
  }

  /** Arrays bound one by one: the k-th arrays of all inputs are the k-th set. */
  private List<SampleSet> bound(List<Binding> bindings) {
    Map<String, List<ArrayRef>> byInput = new LinkedHashMap<>();
    for (InputPort port : ports) {
      byInput.put(
          port.name(),
          bindings.stream()
              .filter(binding -> port.name().equals(binding.input()))
              .flatMap(binding -> expand(binding.ref()).stream())
              .toList());
    }
    int count = byInput.values().iterator().next().size();
    if (count == 0 || byInput.values().stream().anyMatch(refs -> refs.size() != count)) {
      throw new InvalidInputException(
          "data: every input needs the same number of files, found "
              + byInput.entrySet().stream()
                  .map(entry -> entry.getValue().size() + " for " + entry.getKey())
                  .collect(Collectors.joining(", ")));
    }
    List<SampleSet> sets = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      Map<String, SampleArray> arrays = new LinkedHashMap<>();
      for (Map.Entry<String, List<ArrayRef>> entry : byInput.entrySet()) {
        arrays.put(entry.getKey(), entry.getValue().get(k));
      }
      sets.add(new SampleSet(arrays));
    }
    return sets;
  }
}
