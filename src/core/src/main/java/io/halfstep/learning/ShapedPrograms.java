package io.halfstep.learning;

import io.halfstep.tensor.OnnxProgram;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A program for samples of each shape. The {@value #OPEN} used last stay loaded, since each holds
 * memory for its tensors.
 */
final class ShapedPrograms implements AutoCloseable {
  private static final int OPEN = 64;

  private final Function<SampleGroup, OnnxProgram> loader;
  private final Map<SampleGroup, OnnxProgram> programs = new LinkedHashMap<>(OPEN, 0.75f, true);

  ShapedPrograms(Function<SampleGroup, OnnxProgram> loader) {
    this.loader = loader;
  }

  OnnxProgram of(SampleGroup group) {
    OnnxProgram program = programs.get(group);
    if (program == null) {
      if (programs.size() == OPEN) {
        Iterator<OnnxProgram> eldest = programs.values().iterator();
        eldest.next().close();
        eldest.remove();
      }
      program = loader.apply(group);
      programs.put(group, program);
    }
    return program;
  }

  @Override
  public void close() {
    programs.values().forEach(OnnxProgram::close);
  }
}
