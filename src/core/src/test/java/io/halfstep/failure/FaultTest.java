package io.halfstep.failure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.halfstep.file.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultTest {
  @Test
  void whatWrapsAFailureDoesNotHideIt() {
    IOException full = new IOException("No space left on device");

    assertThat(Fault.of(full)).isEqualTo(Fault.DISK);
    assertThat(Fault.of(new CompletionException(new UncheckedIOException(full))))
        .isEqualTo(Fault.DISK);
    assertThat(Fault.of(new CompletionException(new OutOfMemoryError("heap"))))
        .isEqualTo(Fault.MEMORY);
    assertThat(Fault.of(new IllegalStateException(new ArithmeticException("/ by zero"))))
        .isEqualTo(Fault.PROGRAM);
  }

  @Test
  void onnxRuntimeSaysThatMemoryIsShort() {
    assertThat(
            Fault.of(
                new RuntimeException(
                    "bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 9")))
        .isEqualTo(Fault.MEMORY);
  }

  @Test
  void aFileThatCannotBeParsedIsTheUsers() {
    assertThat(Fault.of(new InvalidInputException("x.npy: cut short", new IOException("end"))))
        .isEqualTo(Fault.INPUT);
  }

  /** A version is published to a full disk. */
  @Test
  void aFileThatCannotBeWrittenIsTheDisks(@TempDir Path folder) {
    Path target = folder.resolve("missing/model.onnx");
    Throwable failure = catchThrowable(() -> AtomicFile.write(target, new byte[1]));

    assertThat(failure).isInstanceOf(InvalidInputException.class).hasMessageContaining("written");
    assertThat(Fault.of(new CompletionException(failure))).isEqualTo(Fault.DISK);
  }

  @Test
  void onlyTheMachineChanges() {
    assertThat(Fault.DISK.mayPass()).isTrue();
    assertThat(Fault.MEMORY.mayPass()).isTrue();
    assertThat(Fault.INPUT.mayPass()).isFalse();
    assertThat(Fault.PROGRAM.mayPass()).isFalse();
  }
}
