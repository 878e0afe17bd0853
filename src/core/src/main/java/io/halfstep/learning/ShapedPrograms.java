package io.halfstep.learning;

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

  private final Function<SampleGroup, LossProgram> loader;
  private final Map<SampleGroup, LossProgram> programs = new LinkedHashMap<>(OPEN, 0.75f, true);

  ShapedPrograms(Function<SampleGroup, LossProgram> loader) {
    this.loader = loader;
  }

  LossProgram of(SampleGroup group) {
    LossProgram program = programs.get(group);
    if (program == null) {
      if (programs.size() == OPEN) {
        Iterator<LossProgram> eldest = programs.values().iterator();
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
    programs.values().forEach(LossProgram::close);
  }
}
