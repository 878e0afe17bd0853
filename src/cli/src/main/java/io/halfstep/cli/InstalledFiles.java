package io.halfstep.cli;

import io.halfstep.Quantization;
import io.halfstep.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.AutoComplete;
import picocli.CommandLine;

/**
 * Writes the files of an installation that are generated from the commands: completion for bash and
 * zsh, and the manual page.
 */
public final class InstalledFiles {
  private static final int WIDTH = 80;

  private InstalledFiles() {}

  /** Takes one argument, the folder to write to. */
  public static void main(String[] args) throws IOException {
    Terminal terminal = Terminal.ofProcess();
    CommandLine halfstep =
        new CommandFactory(terminal, Quantization::run).commandLine().setUsageHelpWidth(WIDTH);
    Path share = Path.of(args[0]);
    write(
        share.resolve("bash-completion/completions/halfstep"),
        AutoComplete.bash("halfstep", halfstep));
    write(share.resolve("man/man1/halfstep.1"), ManualPage.of(halfstep));
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text);
  }
}
