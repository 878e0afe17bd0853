package io.halfstep.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.halfstep.cli.CommandLineRun;
import io.halfstep.cli.terminal.Confirmation;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.http.HttpServer;
import io.halfstep.http.WireRequests;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.Service;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.tensor.NpyFiles;
import io.halfstep.tensor.Tensor;
import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The commands for the jobs of a service, from submission to deletion. */
@Timeout(120)
class JobCommandsTest {
  private static final Logger HALFSTEP = (Logger) LoggerFactory.getLogger("io.halfstep");
  private static final int SAMPLES = 32;

  private final Path folder;
  private Service service;
  private HttpServer server;

  JobCommandsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() throws Exception {
    HALFSTEP.setLevel(Level.INFO);
    ServiceSettings settings =
        ServiceSettings.read(null)
            .with("state", folder.resolve("state").toString())
            .with("http.port", 0);
    service = Service.start(settings, new WireRequests(1 << 20));
    server = HttpServer.start(service, () -> "");
  }

  @AfterEach
  void end() {
    HALFSTEP.setLevel(null);
    server.close();
    service.close();
  }

  private CommandLineRun halfstep(Object... arguments) {
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--url", server.url()));
    return CommandLineRun.of(all.toArray());
  }

  private CommandLineRun submit(String name, Object... more) throws Exception {
    Path model =
        OnnxGraphs.opset(13)
            .input("x", -1, 4)
            .weight("w", 4, 3)
            .node("MatMul", "y", List.of("x", "w"))
            .output("y")
            .write(folder.resolve(name + ".onnx"));
    List<Object> all = new ArrayList<>(List.of("submit", model, "--samples", SAMPLES));
    all.addAll(List.of(more));
    return halfstep(all.toArray());
  }

  private static void says(CommandLineRun run, String out) {
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).isEqualTo(out);
  }

  private static void fails(CommandLineRun run, int exitCode, String... message) {
    assertThat(run.exitCode()).as(run.err()).isEqualTo(exitCode);
    assertThat(run.err()).contains(message);
  }

  @Test
  void submitSaysWhatToDoNext() throws Exception {
    CommandLineRun submit = submit("net");
    says(submit, "net-1\n");
    assertThat(submit.err())
        .isEqualTo(
            """
            It takes 32 samples. Next:
              halfstep feed net-1 --data PATH --url URL
              halfstep watch net-1 --url URL
              halfstep fetch net-1 --out net.quantized.onnx --url URL
            """
                .replace("URL", server.url()));
    CommandLineRun quiet = submit("other", "--quiet");
    says(quiet, "other-2\n");
    assertThat(quiet.err()).isEmpty();
    assertThat(submit("third", "--json").err()).isEmpty();
  }

  @Test
  void jobsAreListedWithAHeader() throws Exception {
    fails(halfstep("jobs"), 0, "no jobs; 'halfstep submit MODEL' makes one");
    submit("net");
    submit("other");
    String rows =
        """
        JOB +MODEL +PHASE +PROGRESS +VERSIONS +SAMPLES +AGE
        net-1 +net +collecting .* +0 +0/32 +\\d+ s
        other-2 +other +collecting .* +0 +0/32 +\\d+ s
        """;
    assertThat(halfstep("jobs").out()).matches(rows);
    assertThat(halfstep("status").out()).matches(rows);
    assertThat(halfstep("status", "net-1").out())
        .matches(rows.replaceAll("other-2.*\\n", ""))
        .hasLineCount(2);
    JsonNode json = new ObjectMapper().readTree(halfstep("jobs", "--json").out());
    assertThat(json.path("jobs")).hasSize(2);
  }

  @Test
  void jobsArePausedResumedAndCancelled() throws Exception {
    submit("net");
    submit("other");
    says(halfstep("pause", "net-1", "other-2"), "net-1: paused\nother-2: paused\n");
    says(halfstep("resume", "net-1"), "net-1: collecting\n");
    says(halfstep("cancel", "net-1"), "net-1: cancelled\n");
    fails(halfstep("pause", "net-1"), 2, "halfstep: net-1: the job is cancelled");
    fails(
        halfstep("fetch", "net-1", "--out", "x"),
        1,
        "net-1 has published nothing, it was cancelled");
  }

  @Test
  void anUnknownJobIsToldWithThoseThatThereAre() throws Exception {
    fails(halfstep("status", "net-1"), 2, "no such job: net-1; there are none");
    submit("net");
    submit("other");
    CommandLineRun run = halfstep("pause", "nets-1", "net-1");
    fails(run, 2, "nets-1: no such job: nets-1; there are net-1, other-2");
    assertThat(run.out()).isEqualTo("net-1: paused\n");
    for (String command : new String[] {"logs", "versions", "watch", "resume", "cancel"}) {
      fails(halfstep(command, "nets-1"), 2, "no such job: nets-1; there are net-1, other-2");
    }
  }

  @Test
  void deletionIsConfirmed() throws Exception {
    submit("net");
    fails(halfstep("delete", "net-1"), 2, "--yes is missing: there is no terminal");
    assertThat(delete("no\n")).contains("Delete net-1 with all samples", "nothing is deleted");
    assertThat(delete("")).contains("nothing is deleted");
    says(halfstep("pause", "net-1"), "net-1: paused\n");
    assertThat(delete("y\n")).contains("net-1: deleted");
    submit("other");
    says(halfstep("delete", "other-2", "--yes"), "other-2: deleted\n");
    fails(halfstep("delete", "other-2", "--yes"), 2, "no such job: other-2; there are none");
  }

  /** Deletes on a terminal with this input; returns all that is printed. */
  private String delete(String answer) {
    StringWriter said = new StringWriter();
    PrintWriter both = new PrintWriter(said, true);
    new CommandLine(
            new DeleteCommand(
                new Terminal(both, both, 80),
                new Confirmation(new BufferedReader(new StringReader(answer)), true)))
        .execute("net-1", "--url", server.url());
    return said.toString();
  }

  @Test
  void aVersionIsAwaitedListedAndFetched() throws Exception {
    submit("net");
    Path out = folder.resolve("net.out.onnx");
    fails(
        halfstep("fetch", "net-1", "--out", out),
        1,
        "net-1 is not published yet: 0 of 32 samples; send more with 'halfstep feed net-1");
    fails(halfstep("versions", "net-1"), 0, "net-1 is not published yet: 0 of 32 samples");
    assertThat(out).doesNotExist();

    halfstep("feed", "net-1", "--data", samples());
    assertThat(halfstep("watch", "net-1").exitCode()).isZero();

    assertThat(halfstep("versions", "net-1").out())
        .matches(
            """
            VERSION +PUBLISHED +SAMPLES +SQNR dB +SIZE
            1 +20[-0-9]+T[0-9:.]+Z +32 +[0-9]+\\.[0-9] +[0-9]+ B
            (  note: .*
            )*""");
    JsonNode json = new ObjectMapper().readTree(halfstep("versions", "net-1", "--json").out());
    assertThat(json.path("job").asText()).isEqualTo("net-1");
    assertThat(json.at("/versions/0/outputs/y").asDouble()).isPositive();
    assertThat(halfstep("fetch", "net-1", "--out", out).exitCode()).isZero();
    assertThat(out).isNotEmptyFile();
    assertThat(halfstep("status", "net-1").out()).contains("completed", " 32 ");
  }

  private Path samples() throws Exception {
    float[] values = new float[SAMPLES * 4];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    return NpyFiles.write(folder.resolve("samples.npy"), Tensor.of(values, SAMPLES, 4));
  }

  @Test
  void theLogIsPrintedAndFollowed() throws Exception {
    submit("net");
    halfstep("pause", "net-1");
    assertThat(halfstep("logs", "net-1", "--lines", 1).out())
        .matches("20[-0-9]+T[0-9:]{8}(\\.[0-9]{3})?Z INFO  \\w+: .*\n");
    halfstep("cancel", "net-1");
    assertThat(halfstep("logs", "net-1", "--follow").out())
        .contains(
            "JobsActor: submitted: model net, 32 samples",
            "audit: pause by 127.0.0.1: 200",
            "audit: cancel by 127.0.0.1: 200");
    fails(halfstep("logs", "net-1", "-n", 0), 2, "parameter lines: found '0'");
  }
}
