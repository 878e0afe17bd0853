package io.halfstep.papers;

import io.halfstep.source.Dataset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tables of [A] and [W] on the bundled networks, as Markdown: {@code PapersBench FOLDER
 * TABLE…}, with the tables {@code 1 2 3 4 5 6 7 images pipeline finetuning}; all if none is named.
 */
final class PapersBench {
  private static final List<String> ALL =
      List.of("1", "2", "3", "4", "5", "6", "images", "7", "pipeline", "finetuning");

  /** The first test images, which suffice to tell a hundred draws apart. */
  private static final long TEST_OF_DRAWS = 2000;

  private PapersBench() {}

  public static void main(String[] args) throws InterruptedException, IOException {
    Path folder = Path.of(args[0]);
    Set<String> wanted = new TreeSet<>(Arrays.asList(args).subList(1, args.length));
    if (!ALL.containsAll(wanted)) {
      throw new IllegalArgumentException("tables " + wanted + ", expected some of " + ALL);
    }
    Task resnet = Task.open(folder, "resnet14", Dataset.ALL);
    Runs runs = new Runs(resnet);
    AdaRoundTables parts = new AdaRoundTables(resnet, runs);
    PipelineTables methods =
        new PipelineTables(List.of(resnet, Task.open(folder, "mobilenetv2", Dataset.ALL)));
    for (String table : wanted.isEmpty() ? ALL : wanted) {
      long start = System.nanoTime();
      switch (table) {
        case "1" -> new RoundingSchemes(Task.open(folder, "resnet14", TEST_OF_DRAWS)).print();
        case "2" -> parts.table2();
        case "3" -> parts.table3();
        case "4" -> parts.table4();
        case "5" -> parts.table5();
        case "6" -> parts.table6();
        case "images" -> new NumberOfImages(resnet, runs).print();
        case "7" -> methods.table7();
        case "pipeline" -> methods.pipeline();
        default -> methods.finetuning();
      }
      System.err.printf("%s: %.0f s%n", table, (System.nanoTime() - start) / 1e9);
    }
  }
}
