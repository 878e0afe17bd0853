package io.halfstep.plan;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.halfstep.fuzz.Untrusted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Plans of strangers. */
class PlanFuzzTest {
  static Stream<byte[]> plans() throws IOException {
    return Stream.of(
        Files.readAllBytes(Path.of("config/plan.conf")),
        PlanText.of(Plan.DEFAULT).getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  @MethodSource("plans")
  @FuzzTest
  void plan(byte[] input) {
    Untrusted.check(
        input,
        "plan.conf",
        file -> {
          PlanFile read = PlanFile.readForeign(file, Plan.DEFAULT, DataSettings.ALL, "not here");
          read.plan().completed();
          read.plan().layer("conv");
          read.data().normalization();
        });
  }
}
