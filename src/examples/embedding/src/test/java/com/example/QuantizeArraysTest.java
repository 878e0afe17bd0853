package com.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeArraysTest {
  private static final Path DATA = Path.of("../fashion-mnist");

  /** A thread left behind would keep the process from ending. */
  @Test
  void theProcessReportsProgressAndEnds(@TempDir Path folder) throws Exception {
    Path output = folder.resolve("output.txt");
    Path quantized = folder.resolve("quantized.onnx");
    Path model = DATA.resolve("resnet14.onnx");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                QuantizeArrays.class.getName(),
                model.toString(),
                DATA.resolve("calibration.npz").toString(),
                quantized.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(5, TimeUnit.MINUTES), "the process does not end");
    } finally {
      process.destroyForcibly();
    }
    List<String> lines = Files.readAllLines(output);
    assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
    assertTrue(lines.contains("100 % finish"), () -> String.join("\n", lines));
    assertTrue(Files.size(quantized) < Files.size(model) / 4);
  }
}
