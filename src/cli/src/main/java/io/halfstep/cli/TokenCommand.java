package io.halfstep.cli;

import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.access.Role;
import io.halfstep.http.access.Token;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code halfstep token}. */
@Command(
    name = "token",
    synopsisSubcommandLabel = "new",
    description = {"Makes tokens for the clients of a service.", ""},
    footer = {"", "See 'Security' in src/site/service.md."})
final class TokenCommand implements Callable<Integer> {
  private final Terminal terminal;

  TokenCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    terminal.err().println("halfstep: token: expected new; see 'halfstep token --help'");
    return ExitCode.MISTAKE;
  }

  @Command(
      name = "new",
      description = {
        "Prints a new token, and on stderr the line for the service's file of tokens (http.tokens)."
            + " The line has the token's hash only, so the token can't be shown again.",
        ""
      },
      footer = {"", "Example: halfstep token new --name prometheus --role read >prometheus-token"})
  int make(
      @Option(
              names = "--name",
              required = true,
              paramLabel = "NAME",
              description = "Its holder's name, for the service's log.")
          String name,
      @Option(
              names = "--role",
              required = true,
              paramLabel = "ROLE",
              description =
                  "feed: sends samples. read: sees everything. admin: also submits, controls and"
                      + " deletes jobs.")
          String role) {
    String text = Token.random();
    Token token = new Token(name, Role.of(role), Token.hash(text));
    terminal.out().println(text);
    terminal.err().println("add this line to the service's file of tokens (http.tokens):");
    terminal.err().println(token.line());
    return 0;
  }
}
