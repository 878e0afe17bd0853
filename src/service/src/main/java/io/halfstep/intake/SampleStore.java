package io.halfstep.intake;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.file.FolderSize;
import io.halfstep.source.RawSample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * The stored samples of a {@link SampleLog}. After a failed write the database refuses further
 * writes, even if the cause has gone; {@link #recover} reopens it. Reads continue meanwhile.
 * Thread-safe for one writer.
 */
final class SampleStore implements AutoCloseable {
  private final Path folder;
  private final FileStore disk;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile @Nullable SampleDatabase database;
  private volatile boolean closed;
  private volatile boolean failed;

  private SampleStore(Path folder, FileStore disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /**
   * Opens a folder, which is created if it is missing.
   *
   * @throws InvalidInputException if it is damaged, or open already in this or another process
   * @throws UncheckedIOException if it can't be read or written
   */
  static SampleStore open(Path folder) {
    try {
      Files.createDirectories(folder);
      SampleStore store = new SampleStore(folder, Files.getFileStore(folder));
      store.recover();
      return store;
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": no folder for samples: " + e, e);
    }
  }

  private interface Use<T> {
    T apply(SampleDatabase database) throws RocksDBException;
  }

  private <T> T use(Use<T> use) {
    if (database == null) {
      recover();
    }
    lock.readLock().lock();
    try {
      SampleDatabase open = database;
      if (open == null) {
        throw new IllegalStateException(folder + ": the log of samples is closed");
      }
      return use.apply(open);
    } catch (RocksDBException e) {
      throw failure(e);
    } finally {
      lock.readLock().unlock();
    }
  }

  private RuntimeException failure(RocksDBException e) {
    Status status = e.getStatus();
    String said = String.valueOf(e.getMessage());
    if (status != null && status.getCode() == Status.Code.Corruption) {
      return new InvalidInputException(
          folder + ": the log of samples is damaged (" + said + "); restore it from a backup", e);
    }
    if (StorageFullException.isBehind(e)) {
      return new StorageFullException(folder + ": no room for samples: " + said, e);
    }
    return new UncheckedIOException(new IOException(folder + ": " + said, e));
  }

  /**
   * Reopens the database.
   *
   * @throws InvalidInputException and others as {@link #open}
   */
  void recover() {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closeDatabase();
      database = SampleDatabase.open(folder);
      failed = false;
    } catch (RocksDBException e) {
      String said = String.valueOf(e.getMessage());
      if (said.contains("lock")) {
        throw new InvalidInputException(
            folder + ": in use by another process, or opened twice by this one; stop the other one",
            e);
      }
      throw failure(e);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Returns whether a write has failed since the database was opened. */
  boolean failed() {
    return failed;
  }

  /** Returns the usable disk space in bytes. */
  long room() {
    try {
      return disk.getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(folder + ": can't determine its free space", e);
    }
  }

  long size() {
    return use(SampleDatabase::size);
  }

  /** Returns the number of the first sample that is not trimmed. */
  long first() {
    return use(SampleDatabase::first);
  }

  /** Trims the samples before {@code first}; see {@link #write} for failures. */
  void trim(long first) {
    change(database -> database.trim(first));
  }

  OptionalLong position(String producer) {
    return use(database -> database.position(producer));
  }

  /**
   * Writes all or nothing; the data are durable when this returns.
   *
   * @throws StorageFullException if the disk is full
   * @throws UncheckedIOException if it fails otherwise
   */
  void write(long first, List<byte[]> records, Map<String, Long> positions) {
    change(database -> database.write(first, records, positions));
  }

  private interface Change {
    void apply(SampleDatabase database) throws RocksDBException;
  }

  private void change(Change change) {
    try {
      use(
          database -> {
            change.apply(database);
            return true;
          });
    } catch (RuntimeException e) {
      failed = true;
      throw e;
    }
  }

  /**
   * Returns the samples from {@code from} to {@code until}, ending earlier once they have {@code
   * bytes} in total; at least one.
   *
   * @throws InvalidInputException if they are damaged
   */
  List<RawSample> read(long from, long until, long bytes) {
    return records(from, until, bytes).stream().map(SampleRecord::decode).toList();
  }

  /** Returns the same as they are stored. */
  List<byte[]> records(long from, long until, long bytes) {
    List<byte[]> records = use(database -> database.read(from, until, bytes));
    if (records.isEmpty()) {
      throw new InvalidInputException(
          "%s: the log of samples is damaged: number %d is missing; restore it from a backup"
              .formatted(folder, from));
    }
    return records;
  }

  /** Returns the size of the folder's files. */
  long bytes() {
    return FolderSize.of(folder);
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      closed = true;
      closeDatabase();
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void closeDatabase() {
    SampleDatabase open = database;
    database = null;
    if (open != null) {
      open.close();
    }
  }
}
