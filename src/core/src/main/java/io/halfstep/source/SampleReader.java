package io.halfstep.source;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.tensor.Tensor;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the samples of sets one by one and rejects invalid ones. Keeps one set of files open. */
final class SampleReader implements Closeable {
  private final List<InputPort> ports;
  private final Iterator<SampleSet> sets;
  private final ImageSpec images;
  private final Rejections rejections;
  private final Door door;

  private List<Column> columns = List.of();
  private long left;
  private long number;
  private long position;
  private long accepted;

  /** Checks and converts a value of a sample. */
  interface Door {
    Tensor admit(InputPort port, Tensor raw) throws RejectedException;
  }

  SampleReader(
      List<InputPort> ports,
      List<SampleSet> sets,
      ImageSpec images,
      Rejections rejections,
      Door door) {
    this.ports = ports;
    this.sets = sets.iterator();
    this.images = images;
    this.rejections = rejections;
    this.door = door;
  }

  /** Returns the next accepted sample; null after the last one. */
  @Nullable Sample next() {
    while (true) {
      while (left == 0) {
        close();
        if (!sets.hasNext()) {
          return null;
        }
        open(sets.next());
      }
      left--;
      number++;
      Sample sample = read(position++);
      if (sample != null) {
        return sample;
      }
    }
  }

  /** Returns the number of samples in the next set, and opens it; 0 if there is none. */
  long count() {
    if (!sets.hasNext()) {
      return 0;
    }
    open(sets.next());
    return left;
  }

  private void open(SampleSet set) {
    columns = new ArrayList<>();
    for (InputPort port : ports) {
      SampleArray array = set.arrays().get(port.name());
      if (array == null) {
        throw new IllegalStateException("no array for input " + port);
      }
      columns.add(array.open(port, images));
    }
    List<Column> counted = columns.stream().filter(column -> column.samples() != Fit.ANY).toList();
    left = counted.isEmpty() ? 1 : counted.get(0).samples();
    for (Column column : counted) {
      Column first = counted.get(0);
      if (column.samples() != first.samples()) {
        throw new InvalidInputException(
            "%s holds %d samples and %s %d, expected equal numbers"
                .formatted(first.where(), first.samples(), column.where(), column.samples()));
      }
    }
    number = 0;
  }

  /** Reads a row of every column before checking any, so that the columns stay aligned. */
  private @Nullable Sample read(long at) {
    RejectedException rejected = null;
    String where = "";
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      try {
        inputs.put(ports.get(i).name(), door.admit(ports.get(i), columns.get(i).next()));
      } catch (RejectedException e) {
        if (rejected == null) {
          rejected = e;
          where = columns.get(i).where();
        }
      }
    }
    if (rejected != null) {
      rejections.add(
          at, rejected.reason(), "%s, sample %d: %s".formatted(where, number, rejected.found()));
      return null;
    }
    return new Sample(at, accepted++, inputs);
  }

  @Override
  public void close() {
    columns.forEach(Column::close);
    columns = List.of();
    left = 0;
  }
}
