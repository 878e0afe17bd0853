package io.halfstep.failure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

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

  @Test
  void onlyTheMachineChanges() {
    assertThat(Fault.DISK.mayPass()).isTrue();
    assertThat(Fault.MEMORY.mayPass()).isTrue();
    assertThat(Fault.INPUT.mayPass()).isFalse();
    assertThat(Fault.PROGRAM.mayPass()).isFalse();
  }
}
