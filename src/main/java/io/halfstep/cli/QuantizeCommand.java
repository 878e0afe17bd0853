package io.halfstep.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "quantize")
final class QuantizeCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
