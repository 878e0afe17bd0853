package io.halfstep.service.journal;

import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Jobs with events in a journal, including deleted ones. */
public final class JournaledJobs {
  private JournaledJobs() {}

  /** Returns their number; no service may be running on an embedded journal. */
  public static long count(ServiceSettings settings) throws IOException {
    String count =
        "SELECT COUNT(DISTINCT \"persistence_id\") FROM \"event_journal\""
            + " WHERE \"persistence_id\" LIKE 'job|%'";
    try (Connection journal = JournalDatabase.of(settings).connect();
        Statement statement = journal.createStatement();
        ResultSet rows = statement.executeQuery(count)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }
}
