package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  private static final Path RESNET = Path.of("src/examples/fashion-mnist/resnet14.onnx");
  private static final Path CALIBRATION = Path.of("src/examples/fashion-mnist/calibration.npz");

  private final Path folder;

  MainTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void versionGoesToStandardOutput() {
    CommandLineRun run = CommandLineRun.of("--version");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).startsWith("halfstep ");
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"quantize", "analyze", "evaluate", "inspect"})
  void everyCommandTeachesWithAnExample(String command) {
    CommandLineRun run = CommandLineRun.of(command, "--help");

    assertThat(run.exitCode()).isZero();
    assertThat(run.out())
        .contains("Usage: halfstep " + command, "\nExample", "halfstep " + command);
    assertThat(run.err()).isEmpty();
  }

  @Test
  void noCommandIsAMistakeAndShowsThem() {
    CommandLineRun run = CommandLineRun.of();

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("quantize", "analyze", "evaluate", "inspect");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --weights | 9                        | '--weights': found '9', expected a whole number from 2 to 8
          --weights | many                     | '--weights': found 'many', expected a whole number from 2 to 8
          --activations | 12                   | found '12', expected a whole number from 2 to 8, or 16, or dynamic or float
          --granularity | row                  | found 'row', expected tensor, channel or "block:SIZE" with SIZE at least 2
          --granularity | block:0              | found 'block:0', expected tensor, channel or "block:SIZE" with SIZE at least 2
          --rounding | best                    | found 'best', expected lattice, lattice-samples, exact, adaround, adaround-samples, nearest, stochastic
          --schedule | later                   | found 'later', expected wave, parallel
          --weight-grid | skewed               | found 'skewed', expected symmetric, restricted, asymmetric
          --ranges | kl                        | '--ranges': found 'kl', expected minmax, mse, "lp:P"
          --ranges | kl                        | e.g. "percentile:99.99" or output-mse; for activations also kl
          --ranges | output-mse                | kl, cross-entropy, batch-norm or "moving-average:N"
          --ranges | outputs=mse               | '--ranges': found 'outputs=mse', expected METHOD, or weights=METHOD,activations=METHOD
          --samples | 0                        | '--samples': found '0', expected a whole number, at least 1
          --batch | 0                          | '--batch': found '0', expected a whole number, at least 1
          --threads | 0                        | '--threads': found '0', expected a whole number, at least 1
          --memory | much                      | '--memory': found 'much', expected a number of bytes
          --memory | 0                         | '--memory': found '0', expected a number of bytes
          --normalize | mean=x                 | mean 'x' is not a number
          --wieghts | 4                        | unknown option '--wieghts', did you mean '--weights'?
          --bits | 3                           | unknown option '--bits', did you mean '--weights'?
          --colour | blue                      | unknown option '--colour'
          --image | crop=28                    | there are no images in
          """)
  void aBadOptionIsNamedInOneLine(String option, String value, String message) {
    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            RESNET,
            "--data",
            CALIBRATION,
            "--out",
            folder.resolve("out.onnx"),
            option,
            value);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("halfstep: ").contains(message).doesNotContain("\tat ");
    assertThat(run.out()).isEmpty();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void dataEndsAtADash() {
    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            RESNET,
            "--out",
            folder.resolve("out.onnx"),
            "--data",
            CALIBRATION,
            "--bits",
            3);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("halfstep: unknown option '--bits', did you mean '--weights'?\n");
  }

  @ParameterizedTest
  @CsvSource({
    "list, jobs",
    "ps, jobs",
    "stop, cancel",
    "rm, delete",
    "download, fetch",
    "log, logs",
    "quantise, quantize",
    "stauts, status",
    "journal mvoe, journal move"
  })
  void anUnknownCommandIsNamedWithTheOneThatIsMeant(String typed, String meant) {
    String all = typed + " net-1 --yes";
    CommandLineRun run = CommandLineRun.of((Object[]) all.split(" ", -1));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .startsWith(
            "halfstep: unknown command '%s', did you mean 'halfstep %s'?\n"
                .formatted(typed.replaceFirst(".* ", ""), meant))
        .hasLineCount(2);
  }

  @Test
  void aWordThatIsLikeNoCommandIsNamed() {
    assertThat(CommandLineRun.of("abracadabra").err())
        .startsWith("halfstep: unknown command 'abracadabra'\nTry 'halfstep --help'.");
  }

  @Test
  void aMissingModelIsTheUsersMistake() {
    CommandLineRun run = CommandLineRun.of("inspect", "nowhere.onnx");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).isEqualTo("halfstep: nowhere.onnx: no such file\n");
  }

  @Test
  void whatIsNoModelIsTheUsersMistake() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.onnx"), "I am no model");

    CommandLineRun run = CommandLineRun.of("inspect", text);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).startsWith("halfstep: " + text).hasLineCount(1);
  }

  @Test
  void aStackTraceIsPrintedOnlyOnDemand() {
    assertThat(CommandLineRun.of("inspect", "nowhere.onnx").err()).doesNotContain("\tat ");
    assertThat(CommandLineRun.of("inspect", "nowhere.onnx", "--debug").err()).contains("\tat ");
  }

  @Test
  void theOutputMayNotBeTheModel() {
    CommandLineRun run =
        CommandLineRun.of("quantize", RESNET, "--data", CALIBRATION, "--out", RESNET);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--out " + RESNET + ": is named as ");
  }

  @Test
  void theOutputMayNotBeAFolder() {
    CommandLineRun run =
        CommandLineRun.of("quantize", RESNET, "--data", CALIBRATION, "--out", folder);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--out " + folder + ": is a folder");
  }

  @Test
  void theReportNeedsAFolderThatIsThere() {
    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            RESNET,
            "--data",
            CALIBRATION,
            "--out",
            folder.resolve("out.onnx"),
            "--report",
            folder.resolve("missing/report.html"));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--report", "there is no folder").hasLineCount(1);
  }

  /** The report suggests lines like these. */
  @Test
  void aPlanThatNamesNoLayerIsTheUsersMistake() throws IOException {
    Path plan =
        Files.writeString(
            folder.resolve("plan.conf"),
            """
            layers += { match = "/stem/Conv", bits = 8 }
            layers += { match = "/stem/Cnov", bits = 8 }
            """);

    CommandLineRun run =
        CommandLineRun.of(
            "quantize",
            RESNET,
            "--data",
            CALIBRATION,
            "--out",
            folder.resolve("out.onnx"),
            "--normalize",
            "mean=0.2860,std=0.3530,scale=255",
            "--plan",
            plan);

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .startsWith("halfstep: plan: no layer of " + RESNET + " is named '/stem/Cnov'")
        .hasLineCount(1);
  }

  @Test
  void failuresOfARunAreOneLineAndExitCode1() {
    assertThat(failing(new IllegalStateException("layer conv1, batch 7: broken")).err())
        .isEqualTo("halfstep: layer conv1, batch 7: broken\n");
    assertThat(failing(new IllegalStateException("broken")).exitCode()).isEqualTo(1);
    assertThat(failing(new InvalidInputException("bad data")).exitCode()).isEqualTo(2);
  }

  @Test
  void runningOutOfMemorySaysWhatToDo() {
    CommandLineRun run = failing(new OutOfMemoryError("Java heap space"));

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("out of memory", "HALFSTEP_OPTS=-Xmx").hasLineCount(1);
  }

  private CommandLineRun failing(Throwable failure) {
    QuantizeJob job =
        quantization -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        };
    return CommandLineRun.of(
        job,
        List.of(
            "quantize",
            RESNET.toString(),
            "--data",
            CALIBRATION.toString(),
            "--normalize",
            "mean=0.2860,std=0.3530,scale=255",
            "--out",
            folder.resolve("out.onnx").toString()));
  }
}
