package io.halfstep.service.journal;

import akka.persistence.typed.PersistenceId;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * The database that holds the journal.
 *
 * @param name for messages
 * @param driver its JDBC driver
 * @param profile Slick's name for its kind
 */
public record JournalDatabase(
    String name, String url, String user, String password, String driver, String profile) {

  /**
   * Returns the configured database.
   *
   * @throws InvalidInputException if the URL is not one of PostgreSQL
   */
  public static JournalDatabase of(ServiceSettings settings) {
    String url = settings.journalUrl();
    if (url.isEmpty()) {
      return embedded(settings.state());
    }
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new InvalidInputException(
          ("halfstep.service.journal.url: found '%s', expected jdbc:postgresql://HOST/DATABASE, or"
                  + " nothing for the embedded journal")
              .formatted(url));
    }
    return new JournalDatabase(
        url.replaceFirst("\\?.*", ""),
        url,
        settings.journalUser(),
        settings.journalPassword(),
        "org.postgresql.Driver",
        "slick.jdbc.PostgresProfile$");
  }

  /** Returns the embedded database of a state directory. */
  public static JournalDatabase embedded(Path state) {
    return new JournalDatabase(
        file(state).toString(),
        // WRITE_DELAY=0 writes commits at once, not half a second later. TRACE_LEVEL_FILE=0 writes
        // no file of errors; the service logs them.
        "jdbc:h2:file:%s;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0"
            .formatted(state.resolve("journal").toAbsolutePath()),
        "",
        "",
        "org.h2.Driver",
        "slick.jdbc.H2Profile$");
  }

  /** Returns the file of the embedded database. */
  public static Path file(Path state) {
    return state.resolve("journal.mv.db");
  }

  /** Returns the configuration of an actor system that uses the journal. */
  public static Config system(ServiceSettings settings) {
    return of(settings).config().withFallback(settings.config()).withFallback(ConfigFactory.load());
  }

  /** Returns Akka's settings for this database. */
  private Config config() {
    return ConfigFactory.parseMap(
            Map.of(
                "profile", profile,
                "db.driver", driver,
                "db.url", url,
                "db.user", user,
                "db.password", password))
        .atPath("akka-persistence-jdbc.shared-databases.journal");
  }

  /** Removes all data of a persistent actor that no longer exists; blocks. */
  public void forget(PersistenceId writer) throws SQLException {
    try (Connection connection = connect()) {
      for (String table : List.of("event_journal", "snapshot")) {
        try (PreparedStatement delete =
            connection.prepareStatement(
                "DELETE FROM \"%s\" WHERE \"persistence_id\" = ?".formatted(table))) {
          delete.setString(1, writer.id());
          delete.executeUpdate();
        }
      }
    }
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, password);
  }
}
