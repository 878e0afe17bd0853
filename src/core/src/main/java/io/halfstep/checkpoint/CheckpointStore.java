package io.halfstep.checkpoint;

import io.halfstep.wire.WireReader;
import io.halfstep.wire.WireWriter;
import java.io.IOException;
import java.util.List;

/**
 * Stores the checkpoints of one run: contents by name, which may have many gigabytes and are
 * streamed. Blocking; may be called from any thread, but only once at a time for each name.
 *
 * <p>The message of every exception is one line that names the content and its location.
 */
public interface CheckpointStore {
  /** The name of a content. */
  record Summary(long bytes, int checksum) {}

  /** Writes a content. */
  interface Writer {
    void write(WireWriter to) throws IOException;
  }

  /** Reads a content. */
  interface Reader<T> {
    T read(WireReader from) throws IOException;
  }

  /** Prepares the store, if necessary. */
  void open() throws IOException;

  /** Writes a content durably; after a failure, nothing of it is left. */
  Summary write(String name, Writer content) throws IOException;

  /** Writes a content that appears under its name only when it is complete. */
  void publish(String name, Writer content) throws IOException;

  /**
   * Reads a content and verifies it.
   *
   * @throws IOException if it is damaged
   */
  Summary verify(String name) throws IOException;

  /** Reads a content that has been verified. */
  <T> T read(String name, Reader<T> reader) throws IOException;

  /** Returns the names of all contents, including incomplete ones. */
  List<String> names() throws IOException;

  /** Deletes a content if it exists. */
  void delete(String name) throws IOException;

  /** Returns the total size of all contents. */
  long bytes() throws IOException;

  /** Returns the location of a content, for messages. */
  String locate(String name);
}
