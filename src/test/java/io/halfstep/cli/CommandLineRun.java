package io.halfstep.cli;

import java.io.PrintWriter;
import java.io.StringWriter;

/** A command line run within the test's process, and what it wrote. */
record CommandLineRun(int exitCode, String out, String err) {
  static CommandLineRun of(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    Terminal terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), 0);
    int exitCode = Main.execute(terminal, new CalibrationJob(), words);
    return new CommandLineRun(exitCode, out.toString(), err.toString());
  }

  /** The last line of standard output. */
  String lastLine() {
    return out.strip().substring(out.strip().lastIndexOf('\n') + 1);
  }
}
