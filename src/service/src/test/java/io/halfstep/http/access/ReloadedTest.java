package io.halfstep.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class ReloadedTest {
  private static final Logger LOG = (Logger) LoggerFactory.getLogger(Reloaded.class);

  private final Path file;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private long now = 5;
  private int readings;

  ReloadedTest(@TempDir Path folder) {
    file = folder.resolve("file");
  }

  @BeforeEach
  void listen() {
    log.start();
    LOG.setLevel(Level.INFO);
    LOG.addAppender(log);
  }

  @AfterEach
  void stop() {
    LOG.detachAppender(log);
    LOG.setLevel(null);
  }

  private String reading() {
    readings++;
    try {
      String text = Files.readString(file);
      if (text.startsWith("bad")) {
        throw new InvalidInputException("found '%s'".formatted(text));
      }
      return text;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String later(Reloaded<String> reloaded) {
    now += 1_000_000_000;
    return reloaded.get();
  }

  @Test
  void whatHasChangedIsReadAgainAndWhatIsInvalidIsNot() throws Exception {
    Files.writeString(file, "one");
    Reloaded<String> reloaded = new Reloaded<>(List.of(file), this::reading, () -> now);
    assertThat(reloaded.get()).isEqualTo("one");

    Files.writeString(file, "two"); // as long as before
    assertThat(reloaded.get()).as("within a second").isEqualTo("one");
    assertThat(later(reloaded)).isEqualTo("two");
    assertThat(later(reloaded)).isEqualTo("two");
    assertThat(readings).isEqualTo(2);

    Files.writeString(file, "bad");
    assertThat(later(reloaded)).isEqualTo("two");
    assertThat(later(reloaded)).isEqualTo("two");
    Files.delete(file);
    assertThat(later(reloaded)).isEqualTo("two");
    Files.writeString(file, "three");
    assertThat(later(reloaded)).isEqualTo("three");

    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .hasSize(4)
        .satisfiesExactly(
            line -> assertThat(line).isEqualTo(file + ": changed, and read again"),
            line -> assertThat(line).isEqualTo("found 'bad'; what was read before stays in force"),
            line -> assertThat(line).startsWith(file + ": can't be read: "),
            line -> assertThat(line).isEqualTo(file + ": changed, and read again"));
  }

  @Test
  void whatIsInvalidAtTheStartIsRefused() throws Exception {
    Files.writeString(file, "bad");

    assertThatThrownBy(() -> new Reloaded<>(List.of(file), this::reading))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("found 'bad'");
  }
}
