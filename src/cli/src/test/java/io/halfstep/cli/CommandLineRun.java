package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.cli.terminal.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;

/** The result of a command line that ran within the test's process. */
public record CommandLineRun(int exitCode, String out, String err) {
  public static CommandLineRun of(Object... args) {
    return of(Quantization::run, Arrays.stream(args).map(Object::toString).toList());
  }

  /** Runs with a replacement of the actor graph. */
  public static CommandLineRun of(QuantizeJob job, List<String> args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Terminal terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), 0);
    int exitCode = Main.execute(terminal, job, args.toArray(String[]::new));
    return new CommandLineRun(exitCode, out.toString(), err.toString());
  }

  /** Returns the last line of standard output. */
  String lastLine() {
    return out.strip().substring(out.strip().lastIndexOf('\n') + 1);
  }
}
