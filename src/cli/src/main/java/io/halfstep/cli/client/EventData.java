package io.halfstep.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads server-sent events with one JSON object each. */
final class EventData {
  private static final String DATA = "data:";

  private EventData() {}

  /** Reads and closes a stream; returns when the service has ended it. */
  static void read(InputStream stream, Consumer<JsonNode> event) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(DATA) && line.length() > DATA.length()) {
          event.accept(new ObjectMapper().readTree(line.substring(DATA.length())));
        }
      }
    }
  }
}
