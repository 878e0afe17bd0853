package io.halfstep.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.halfstep.tensor.NativeCache;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.rocksdb.AbstractImmutableNativeReference;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;
import org.rocksdb.util.Environment;

/**
 * The open database of a {@link SampleLog}. One column family holds the samples by number, so that
 * its files never overlap and are never written twice; another one the producers' next positions,
 * and under {@link #FIRST} the number of the first sample that is not trimmed. Must not be used
 * after it is closed.
 */
final class SampleDatabase implements AutoCloseable {
  private static final long SAMPLE_MEMTABLE = 4 << 20; // one is filled while the other is written
  private static final long PRODUCER_MEMTABLE = 256 << 10;
  private static final long LARGEST_WAL = 32 << 20;
  private static final int OPEN_FILES = 64;
  private static final int BLOCK = 32 << 10;

  /** No producer's name is empty. */
  private static final byte[] FIRST = {};

  static {
    // Its name in the jar differs from the one that RocksDB looks for in a folder.
    Path library =
        NativeCache.folder(
            "/" + Environment.getJniLibraryFileName("rocksdb"),
            Environment.getJniLibraryFileName("rocksdbjni"));
    if (library == null) {
      RocksDB.loadLibrary();
    } else {
      RocksDB.loadLibrary(List.of(library.toString()));
    }
  }

  private final List<AbstractImmutableNativeReference> natives;
  private final RocksDB db;
  private final ColumnFamilyHandle samples;
  private final ColumnFamilyHandle producers;

  private SampleDatabase(
      List<AbstractImmutableNativeReference> natives,
      RocksDB db,
      ColumnFamilyHandle samples,
      ColumnFamilyHandle producers) {
    this.natives = natives;
    this.db = db;
    this.samples = samples;
    this.producers = producers;
  }

  static SampleDatabase open(Path folder) throws RocksDBException {
    DBOptions options =
        new DBOptions()
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            // A write that a crash interrupted was not acknowledged; other damage is an error.
            .setWalRecoveryMode(WALRecoveryMode.TolerateCorruptedTailRecords)
            .setMaxTotalWalSize(LARGEST_WAL)
            .setMaxOpenFiles(OPEN_FILES)
            // After its own recovery it would still refuse writes; see SampleStore.
            .setMaxBgErrorResumeCount(0)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setKeepLogFileNum(2)
            .setStatsDumpPeriodSec(0);
    ColumnFamilyOptions ofSamples =
        new ColumnFamilyOptions()
            .setWriteBufferSize(SAMPLE_MEMTABLE)
            .setMaxWriteBufferNumber(2)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setTableFormatConfig(
                new BlockBasedTableConfig().setBlockSize(BLOCK).setNoBlockCache(true));
    ColumnFamilyOptions ofProducers =
        new ColumnFamilyOptions()
            .setWriteBufferSize(PRODUCER_MEMTABLE)
            .setTableFormatConfig(new BlockBasedTableConfig().setNoBlockCache(true));
    List<AbstractImmutableNativeReference> natives =
        new ArrayList<>(List.of(options, ofSamples, ofProducers));
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try {
      RocksDB db =
          RocksDB.open(
              options,
              folder.toString(),
              List.of(
                  new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, ofSamples),
                  new ColumnFamilyDescriptor("producers".getBytes(UTF_8), ofProducers)),
              handles);
      natives.add(0, db);
      natives.addAll(0, handles);
      return new SampleDatabase(natives, db, handles.get(0), handles.get(1));
    } catch (RocksDBException | RuntimeException e) {
      natives.forEach(AbstractImmutableNativeReference::close);
      throw e;
    }
  }

  /** Returns one more than the last number, also if that sample is trimmed. */
  long size() throws RocksDBException {
    try (RocksIterator last = db.newIterator(samples)) {
      last.seekToLast();
      long size = last.isValid() ? number(last.key()) + 1 : 0;
      last.status();
      return Math.max(size, first());
    }
  }

  /** Returns the number of the first sample that is not trimmed. */
  long first() throws RocksDBException {
    byte[] first = db.get(producers, FIRST);
    return first == null ? 0 : number(first);
  }

  /**
   * Trims the samples before {@code first}. Whole files are deleted; a range tombstone would make
   * files overlap, so that they are written again. What is left in files with later samples, or too
   * young to be sorted into levels, goes with a later call.
   */
  void trim(long first) throws RocksDBException {
    try (WriteOptions sync = new WriteOptions().setSync(true)) {
      db.put(producers, sync, FIRST, bytes(first)); // before any sample goes
    }
    db.deleteFilesInRanges(samples, List.of(bytes(0), bytes(first)), false);
  }

  OptionalLong position(String producer) throws RocksDBException {
    byte[] position = db.get(producers, producer.getBytes(UTF_8));
    return position == null ? OptionalLong.empty() : OptionalLong.of(number(position));
  }

  /** Writes all or nothing; the data are durable when this returns. */
  void write(long first, List<byte[]> records, Map<String, Long> positions)
      throws RocksDBException {
    try (WriteBatch batch = new WriteBatch();
        WriteOptions sync = new WriteOptions().setSync(true)) {
      long number = first;
      for (byte[] sample : records) {
        batch.put(samples, bytes(number++), sample);
      }
      for (Map.Entry<String, Long> position : positions.entrySet()) {
        batch.put(producers, position.getKey().getBytes(UTF_8), bytes(position.getValue()));
      }
      db.write(sync, batch);
    }
  }

  /**
   * Returns the records from {@code from} to {@code until}, ending earlier once they have {@code
   * bytes} in total; at least one if there is one.
   */
  List<byte[]> read(long from, long until, long bytes) throws RocksDBException {
    List<byte[]> records = new ArrayList<>();
    long size = 0;
    try (ReadOptions options = new ReadOptions();
        RocksIterator next = db.newIterator(samples, options)) {
      next.seek(bytes(from));
      for (long number = from;
          number < until && size < bytes && next.isValid() && number(next.key()) == number;
          number++) {
        byte[] sample = next.value();
        records.add(sample);
        size += sample.length;
        next.next();
      }
      next.status();
    }
    return records;
  }

  /** Big-endian, so that keys are sorted like numbers. */
  private static byte[] bytes(long number) {
    return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
  }

  private static long number(byte[] bytes) {
    return ByteBuffer.wrap(bytes).getLong();
  }

  @Override
  public void close() {
    natives.forEach(AbstractImmutableNativeReference::close);
  }
}
