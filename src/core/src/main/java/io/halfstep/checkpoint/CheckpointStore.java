package io.halfstep.checkpoint;

import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/**
 * Where the checkpoints of one run are kept: contents by name, each of them small or of many
 * gigabytes, and streamed. Blocking; to be called from any thread, but for one name at a time.
 *
 * <p>Every exception's message is one line that says which content it is about, and where.
 */
public interface CheckpointStore {
  /** What a content is known by. */
  record Summary(long bytes, int checksum) {}

  /** Writes a content. */
  interface Writer {
    void write(WireWriter to) throws IOException;
  }

  /** Reads a content. */
  interface Reader<T> {
    T read(WireReader from) throws IOException;
  }

  /** Makes the store ready, if it is not. */
  void open() throws IOException;

  /** Writes a content, durably; on failure nothing is left of it. */
  Summary write(String name, Writer content) throws IOException;

  /** The same for a content that is there under its name only when it is complete. */
  void publish(String name, Writer content) throws IOException;

  /**
   * Reads a content to its end.
   *
   * @throws IOException if it is not what was written
   */
  Summary verify(String name) throws IOException;

  /** Reads a content that has been verified. */
  <T> T read(String name, Reader<T> reader) throws IOException;

  /** The names of all contents, those that were left half-written too. */
  List<String> names() throws IOException;

  /** Deletes a content, if it is there. */
  void delete(String name) throws IOException;

  /** What all contents take. */
  long bytes() throws IOException;

  /** Where a content is, for messages. */
  String locate(String name);
}
