package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.halfstep.protocol.Item.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptBatchesTest {
  private static final int FLOATS = 1000;
  private static final long BYTES = 2L * FLOATS * Float.BYTES;

  private final ExecutorService io = Executors.newFixedThreadPool(2);
  @TempDir Path directory;

  @AfterEach
  void stop() {
    io.shutdownNow();
  }

  private NodeResources node(MemoryBudget memory, Path spool) {
    return new NodeResources(io, io, memory, spool, new Cleanup(), null, null);
  }

  @Test
  void batchesComeBackInOrderFromMemoryAndDisk() {
    MemoryBudget memory = new MemoryBudget(2 * BYTES);
    try (KeptBatches kept = new KeptBatches(node(memory, directory))) {
      for (long id = 0; id < 7; id++) {
        kept.put(Batches.batch(id, FLOATS)).join();
      }
      assertThat(memory.usedBytes()).isEqualTo(2 * BYTES);
      assertThat(memory.spooledBytes()).isEqualTo(5 * BYTES);
      for (long id = 0; id < 7; id++) {
        assertSame(kept.take().join(), Batches.batch(id, FLOATS));
      }
      assertThat(kept.isEmpty()).isTrue();
      assertThat(memory.usedBytes()).isZero();
    }
  }

  @Test
  void putsAndTakesInterleaveWithoutWaiting() {
    try (KeptBatches kept = new KeptBatches(node(new MemoryBudget(0), directory))) {
      CompletableFuture<?> last = CompletableFuture.completedFuture(null);
      for (long id = 0; id < 100; id++) {
        last = kept.put(Batches.batch(id, FLOATS));
        if (id % 3 == 2) {
          assertSame(kept.take().join(), Batches.batch(id / 3, FLOATS));
        }
      }
      last.join();
      for (long id = 33; id < 100; id++) {
        assertSame(kept.take().join(), Batches.batch(id, FLOATS));
      }
    }
  }

  @Test
  void leavesNoFileBehind() throws IOException {
    try (KeptBatches kept = new KeptBatches(node(new MemoryBudget(0), directory))) {
      kept.put(Batches.batch(0, FLOATS)).join();
    }
    try (var files = Files.list(directory)) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void closingGivesTheBudgetBack() {
    MemoryBudget memory = new MemoryBudget(10 * BYTES);
    KeptBatches kept = new KeptBatches(node(memory, directory));
    kept.put(Batches.batch(0, FLOATS)).join();
    kept.close();
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "not a folder");
    try (KeptBatches kept = new KeptBatches(node(new MemoryBudget(0), file))) {
      assertThatThrownBy(() -> kept.put(Batches.batch(0, FLOATS)).join())
          .hasMessageContaining(file.toString());
    }
  }

  private static void assertSame(Batch actual, Batch expected) {
    assertThat(actual.id()).isEqualTo(expected.id());
    assertThat(actual.samples()).isEqualTo(expected.samples());
    assertThat(actual.activations().get("x").teacher().floats())
        .isEqualTo(expected.activations().get("x").teacher().floats());
    assertThat(actual.activations().get("x").student().floats())
        .isEqualTo(expected.activations().get("x").student().floats());
  }
}
