package io.halfstep.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.settings.TokenLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenFileTest {
  /** SHA-256 of "abc", from FIPS 180-2, appendix B.1. */
  private static final String ABC =
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

  private final Path file;

  TokenFileTest(@TempDir Path folder) {
    file = folder.resolve("tokens");
  }

  private List<Client> read(String text) throws IOException {
    Files.writeString(file, text);
    return TokenFile.read(
        file, ServiceSettings.read(null).with("http.limits.feed.body-bytes", "1 MiB"));
  }

  private void refused(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .as(text)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aLineHasNameRoleHashAndLimits() throws Exception {
    String other = Token.hash(Token.random());
    List<Client> clients =
        read(
            """
            # who may use the service

              mirror  feed %s requests-per-second=200 bytes-per-second=5MiB
            ops admin %s
            """
                .formatted(ABC, other));

    assertThat(clients)
        .extracting(Client::token)
        .containsExactly(new Token("mirror", Role.FEED, ABC), new Token("ops", Role.ADMIN, other));
    assertThat(clients)
        .extracting(Client::limits)
        .containsExactly(new TokenLimits(200, 5 << 20, 1 << 20), new TokenLimits(0, 0, 0));
    assertThat(read(clients.get(1).token().line()).get(0).token())
        .isEqualTo(clients.get(1).token());
  }

  @Test
  void theHashIsSha256() {
    assertThat(Token.hash("abc")).isEqualTo(ABC);
    assertThat(new Token("a", Role.READ, ABC).hasHash(Token.hash("abc"))).isTrue();
    assertThat(new Token("a", Role.READ, ABC).hasHash(Token.hash("abd"))).isFalse();
  }

  @Test
  void tokensAreRandom() {
    assertThat(Token.random()).matches("[A-Za-z0-9_-]{43}").isNotEqualTo(Token.random());
  }

  @Test
  void mistakesAreNamedWithTheirLine() {
    refused("", "tokens: found no token, expected lines of NAME ROLE SHA-256");
    refused("#\nops admin", "tokens:2: found 2 fields, expected NAME ROLE SHA-256");
    refused("ops root " + ABC, "tokens:1: role: found 'root', expected feed, read or admin");
    refused("o/p admin " + ABC, "tokens:1: name: found 'o/p', expected 1 to 64 letters");
    refused("http.token admin " + ABC, "tokens:1: the name or the hash of 'http.token' is there");
    refused("a admin %s\nb read %s".formatted(ABC, ABC), "tokens:2: the name or the hash of 'b'");
    String line = "ops admin " + ABC + " ";
    refused(line + "much", "tokens:1: found 'much', expected a limit");
    refused(line + "body-bytes=1 MiB", "tokens:1: found 'MiB', expected a limit");
    refused(line + "body-bytes=1 body-bytes=2", "tokens:1: body-bytes is there twice");
    refused(line + "body-byte=1", "body-byte: unknown key, did you mean body-bytes?");
    refused(line + "body-bytes=-1", "tokens:1: body-bytes: found '-1', expected a size from 0");
    refused(line + "requests-per-second=1.5", "requests-per-second: found '1.5', expected a whole");
  }

  /** It may be a token that was put there by mistake. */
  @Test
  void aHashThatIsNoneIsNotRepeated() {
    String token = Token.random();

    assertThatThrownBy(() -> read("ops admin " + token))
        .hasMessageContaining("tokens:1: hash of 'ops': found 43 characters, expected a SHA-256")
        .hasMessageNotContaining(token);
  }
}
