package io.halfstep.wire;

import java.util.List;

/**
 * The serialized form of a class.
 *
 * @param id the class's number, never reused
 * @param write writes the current version
 * @param readers read all versions, from 1 on
 */
record Form<T>(int id, Class<T> type, Writer<T> write, List<Reader<T>> readers) {
  interface Writer<T> {
    void write(WireWriter to, T value);
  }

  interface Reader<T> {
    T read(WireReader from);
  }

  int version() {
    return readers.size();
  }

  void write(WireWriter to, Object value) {
    write.write(to.count(id).count(version()), type.cast(value));
  }

  T read(WireReader from) {
    int version = from.count();
    if (version < 1 || version > version()) {
      throw new IllegalArgumentException(
          "%s in version %d; this program knows up to version %d"
              .formatted(type.getSimpleName(), version, version()));
    }
    return readers.get(version - 1).read(from);
  }
}
