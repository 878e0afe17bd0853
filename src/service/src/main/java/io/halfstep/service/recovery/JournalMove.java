package io.halfstep.service.recovery;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.journal.Journal;
import io.halfstep.service.journal.JournalDatabase;
import io.halfstep.service.journal.OpenJournal;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.StateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** Moves the embedded journal of a state directory to PostgreSQL. */
public final class JournalMove {
  private static final List<String> EVENTS =
      List.of(
          "persistence_id",
          "sequence_number",
          "deleted",
          "writer",
          "write_timestamp",
          "adapter_manifest",
          "event_ser_id",
          "event_ser_manifest",
          "event_payload",
          "meta_ser_id",
          "meta_ser_manifest",
          "meta_payload");
  private static final List<String> SNAPSHOTS =
      List.of(
          "persistence_id",
          "sequence_number",
          "created",
          "snapshot_ser_id",
          "snapshot_ser_manifest",
          "snapshot_payload",
          "meta_ser_id",
          "meta_ser_manifest",
          "meta_payload");

  /** Selects this service's rows, with the parameters of {@link #bind}. */
  private static final String OURS = "(\"persistence_id\" = ? OR LEFT(\"persistence_id\", ?) = ?)";

  private static final int BATCH = 500;

  private final ServiceSettings settings;
  private final JournalDatabase database;
  private final Connection from;
  private final Connection to;

  private JournalMove(
      ServiceSettings settings, JournalDatabase database, Connection from, Connection to) {
    this.settings = settings;
    this.database = database;
    this.from = from;
    this.to = to;
  }

  /**
   * Moves the journal in one transaction; blocks.
   *
   * @return the new path of the embedded journal, which is no longer used
   * @throws InvalidInputException if the service is running, there is no embedded journal, or
   *     PostgreSQL can't be reached or has another journal of this service's name; then nothing is
   *     changed
   */
  public static Path run(ServiceSettings settings) throws InterruptedException {
    if (settings.journalUrl().isEmpty()) {
      throw new InvalidInputException(
          "halfstep.service.journal.url: is empty, expected the database that the journal is to be"
              + " moved to; give a file that has it with --config");
    }
    JournalDatabase database = JournalDatabase.of(settings);
    Path old = JournalDatabase.file(settings.state());
    if (!Files.isRegularFile(old)) {
      throw new InvalidInputException(old + ": no such file: there is no embedded journal to move");
    }
    Path kept = old.resolveSibling(old.getFileName() + ".moved");
    try (StateDirectory state = StateDirectory.open(settings.state())) {
      OpenJournal.of(settings).close(); // creates the tables
      try (Connection from = JournalDatabase.embedded(state.root()).connect();
          Connection to = database.connect()) {
        new JournalMove(settings, database, from, to).copy();
      } catch (SQLException e) {
        throw new InvalidInputException(
            "%s cannot be moved to %s: %s".formatted(old, database.name(), e.getMessage()), e);
      }
      Files.move(old, kept, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return kept;
  }

  private void copy() throws SQLException {
    to.setAutoCommit(false);
    List<String> wanted = summary(from);
    if (wanted.isEmpty()) {
      throw new InvalidInputException(
          ("%s is empty for the service '%s': there is nothing to move. Was halfstep.service.name"
                  + " another one?")
              .formatted(JournalDatabase.file(settings.state()), settings.text("name")));
    }
    List<String> present = summary(to);
    if (present.isEmpty()) {
      copy("event_journal", EVENTS, "ordering");
      copy("snapshot", SNAPSHOTS, "created");
      to.commit();
    } else if (!present.equals(wanted)) { // equal after a kill that followed the commit
      throw new InvalidInputException(
          "%s has a journal of the service '%s' already; move this one to another database"
              .formatted(database.name(), settings.text("name")));
    }
  }

  /** Summarizes a journal for comparison: the number of events of each writer, and their last. */
  private List<String> summary(Connection journal) throws SQLException {
    String sql =
        "SELECT \"persistence_id\", COUNT(*), MAX(\"sequence_number\"), MAX(\"writer\")"
            + " FROM \"event_journal\" WHERE %s GROUP BY \"persistence_id\"".formatted(OURS);
    List<String> lines = new ArrayList<>();
    try (PreparedStatement query = journal.prepareStatement(sql)) {
      bind(query);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          lines.add(
              "%s %d %d %s"
                  .formatted(
                      rows.getString(1), rows.getLong(2), rows.getLong(3), rows.getString(4)));
        }
      }
    }
    Collections.sort(lines);
    return lines;
  }

  private void bind(PreparedStatement query) throws SQLException {
    String jobs = Journal.job(settings, "").id();
    query.setString(1, Journal.registry(settings).id());
    query.setInt(2, jobs.length());
    query.setString(3, jobs);
  }

  private void copy(String table, List<String> columns, String order) throws SQLException {
    String names =
        columns.stream().map(column -> '"' + column + '"').collect(Collectors.joining(", "));
    String places = String.join(", ", Collections.nCopies(columns.size(), "?"));
    try (PreparedStatement select =
            from.prepareStatement(
                "SELECT %s FROM \"%s\" WHERE %s ORDER BY \"%s\""
                    .formatted(names, table, OURS, order));
        PreparedStatement insert =
            to.prepareStatement(
                "INSERT INTO \"%s\" (%s) VALUES (%s)".formatted(table, names, places))) {
      bind(select);
      try (ResultSet rows = select.executeQuery()) {
        for (int row = 1; rows.next(); row++) {
          for (int i = 1; i <= columns.size(); i++) {
            boolean bytes = columns.get(i - 1).endsWith("_payload");
            insert.setObject(i, bytes ? rows.getBytes(i) : rows.getObject(i));
          }
          insert.addBatch();
          if (row % BATCH == 0) {
            insert.executeBatch();
          }
        }
      }
      insert.executeBatch();
    }
  }
}
