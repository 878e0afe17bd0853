package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.http.access.Tokens;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenCommandTest {
  @Test
  void theServiceKnowsANewTokenByItsLine(@TempDir Path folder) throws Exception {
    CommandLineRun run = CommandLineRun.of("token", "new", "--name", "ops", "--role", "admin");
    assertThat(run.exitCode()).isZero();
    String token = run.out().strip();
    String line = run.err().strip().lines().skip(1).findFirst().orElseThrow();
    assertThat(run.err()).doesNotContain(token);

    Path file = Files.writeString(folder.resolve("tokens"), line);
    Tokens tokens = Tokens.of(ServiceSettings.read(null).with("http.tokens", file.toString()));
    assertThat(tokens.find(token).orElseThrow().token().line())
        .isEqualTo(line)
        .startsWith("ops admin ");
    assertThat(tokens.find(token + "x")).isEmpty();
  }

  @Test
  void mistakesAreNamed() {
    assertThat(CommandLineRun.of("token", "new", "--name", "ops", "--role", "root").err())
        .contains("role: found 'root', expected feed, read or admin");
    assertThat(CommandLineRun.of("token", "new", "--name", "o p", "--role", "read").err())
        .contains("name: found 'o p', expected");
    assertThat(CommandLineRun.of("token").exitCode()).isEqualTo(2);
    assertThat(CommandLineRun.of("token", "new").exitCode()).isEqualTo(2);
  }
}
