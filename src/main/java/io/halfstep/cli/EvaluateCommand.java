package io.halfstep.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "evaluate")
final class EvaluateCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
