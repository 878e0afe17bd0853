package io.halfstep.service;

import static akka.actor.ActorRef.noSender;
import static io.halfstep.service.LocalService.done;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import akka.Done;
import akka.actor.ActorSelection;
import akka.actor.testkit.typed.javadsl.TestProbe;
import akka.actor.typed.ActorRef;
import akka.actor.typed.javadsl.Adapter;
import akka.pattern.StatusReply;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.model.OnnxGraphs;
import io.halfstep.service.journal.Job;
import io.halfstep.service.journal.JobEvent;
import io.halfstep.service.journal.JobSpec;
import io.halfstep.service.samples.Receipt;
import io.halfstep.service.settings.ServiceSettings;
import io.halfstep.service.state.StateDirectory;
import io.halfstep.tensor.ElementType;
import io.halfstep.tensor.NamedTensor;
import io.halfstep.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Jobs of a service within this process, on a small network. */
class JobsTest {
  private static final int PIXELS = 4 * 6 * 6;

  private final Path folder;
  private Service service;

  JobsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() {
    service =
        Service.start(
            ServiceSettings.read(null).with("state", folder.resolve("state").toString()),
            (body, headers, admission) -> List.of());
  }

  @AfterEach
  void end() {
    service.close();
  }

  private String submit(String name, long samples, int versions) throws IOException {
    OnnxGraphs network =
        OnnxGraphs.opset(13)
            .input("x", -1, 4, 6, 6)
            .weight("w", 5, 4, 3, 3)
            .node("Conv", "a", List.of("x", "w"))
            .node("Relu", "r", List.of("a"))
            .weight("v", 3, 5, 3, 3)
            .node("Conv", "y", List.of("r", "v"))
            .output("y");
    return submit(name, network, "batch = 8", samples, versions);
  }

  private String submit(String name, OnnxGraphs network, String plan, long samples, int versions)
      throws IOException {
    Path staged = service.stage();
    Files.createDirectory(staged.resolve("model"));
    network.write(staged.resolve("model/net.onnx"));
    Files.writeString(staged.resolve("plan.conf"), plan);
    return done(service.submit(
            new Submission(
                name, staged, "model/net.onnx", samples, 1, Map.of(), versions, null, 0)))
        .id();
  }

  private LiveJob job(String id) {
    return service.liveJobs().job(id).orElseThrow();
  }

  private JobView await(String id, Predicate<JobView> what) throws InterruptedException {
    Instant end = Instant.now().plus(Duration.ofSeconds(60));
    while (true) {
      JobView view = JobView.of(job(id));
      if (what.test(view)) {
        return view;
      }
      assertThat(Instant.now()).as("%s", view).isBefore(end);
      Thread.sleep(20);
    }
  }

  private Receipt feed(String id, int from, int samples) throws InterruptedException {
    await(id, view -> job(id).intake() != null);
    return LocalService.feed(job(id), from, samples);
  }

  private byte[] model(String id, int version) throws IOException {
    return Files.readAllBytes(service.published(job(id), version, "model.onnx").orElseThrow());
  }

  private static Predicate<JobView> status(String status) {
    return view -> view.status().equals(status);
  }

  @Test
  void jobsSideBySideFindWhatEachFindsAlone() throws Exception {
    String alone = submit("alone", 40, 1);
    feed(alone, 0, 40);
    await(alone, status("completed"));

    String one = submit("one", 40, 1);
    String two = submit("two", 40, 1);
    for (int i = 0; i < 40; i += 5) {
      feed(one, i, 5);
      feed(two, i, 5);
    }
    await(one, status("completed"));
    await(two, status("completed"));

    assertThat(model(one, 1)).isEqualTo(model(alone, 1)).isEqualTo(model(two, 1));
    assertThat(service.liveJobs().jobs().stream().map(live -> live.job().spec().id()))
        .containsExactly("alone-1", "one-2", "two-3");
  }

  @Test
  void takesNoMoreThanItWantsAndCountsTheRest() throws Exception {
    String id = submit("net", 16, 1);
    assertThat(feed(id, 0, 10)).isEqualTo(new Receipt(10, 10, 0));
    assertThat(feed(id, 5, 10)).isEqualTo(new Receipt(10, 5, 5));
    assertThat(feed(id, 15, 10)).isEqualTo(new Receipt(10, 1, 0));
    JobView view = await(id, status("completed"));

    assertThat(view.versions()).extracting(JobView.Version::samples).containsExactly(16L);
    assertThat(job(id).counts().taken()).isEqualTo(16);
    assertThat(job(id).counts().skipped()).isEqualTo(14);
    assertThat(job(id).intake()).isNull();
  }

  /** The branch is known only from the samples, and the layer of the plan only from the branch. */
  @Test
  void layersInTheBranchThatTheSamplesTakeAreQuantized() throws Exception {
    OnnxGraphs then =
        OnnxGraphs.opset(13)
            .weight("w", 5, 4, 3, 3)
            .node("Conv", "t", List.of("x", "w"))
            .output("t");
    OnnxGraphs otherwise =
        OnnxGraphs.opset(13)
            .weight("v", 5, 4, 3, 3)
            .node("Conv", "e", List.of("x", "v"))
            .output("e");
    OnnxGraphs network =
        OnnxGraphs.opset(13)
            .input("x", -1, 4, 6, 6)
            .integers("four", 4)
            .node("Shape", "shape", List.of("x"))
            .node("Size", "rank", List.of("shape"))
            .node("Equal", "square", List.of("rank", "four"))
            .node(
                "If",
                "y",
                List.of("square"),
                OnnxGraphs.body("then_branch", then),
                OnnxGraphs.body("else_branch", otherwise))
            .output("y");

    String id = submit("net", network, "batch = 8, layers = [{ match = \"t\", bits = 8 }]", 16, 1);
    feed(id, 0, 8);
    feed(id, 8, 8);
    await(id, status("completed"));

    assertThat(requireNonNull(job(id).progress()).figures().get("t").clipped()).isBetween(0.0, 0.1);
    GraphProto graph = ModelProto.parseFrom(model(id, 1)).getGraph();
    NodeProto choice = graph.getNode(graph.getNodeCount() - 1);
    assertThat(choice.getAttribute(0).getG().getInitializerList())
        .filteredOn(constant -> constant.getDimsCount() == 4)
        .extracting(TensorProto::getDataType)
        .containsExactly(TensorProto.DataType.UINT8_VALUE);
    assertThat(choice.getAttribute(1).getG().getInitializerList())
        .extracting(TensorProto::getName)
        .containsExactly("v");
  }

  @Test
  void aPausedJobTakesSamplesButDoesNotCompute() throws Exception {
    String id = submit("net", 16, 1);
    done(service.pause(id));
    feed(id, 0, 16);
    await(id, view -> view.samples().collected() == 16);
    String other = submit("other", 16, 1);
    feed(other, 0, 16);
    await(other, status("completed")); // long enough to have computed more if it were not paused
    assertThat(JobView.of(job(id)).status()).isEqualTo("paused");
    assertThat(JobView.of(job(id)).versions()).isEmpty();

    done(service.resume(id));

    await(id, status("completed"));
  }

  @Test
  void canBeSealedWithWhatIsThere() throws Exception {
    String id = submit("net", 1000, 1);
    await(id, view -> job(id).intake() != null);
    assertThatThrownBy(() -> done(service.seal(id))).hasMessageContaining("no sample yet");
    feed(id, 0, 12);
    done(service.seal(id));

    assertThat(await(id, status("completed")).versions())
        .extracting(JobView.Version::samples)
        .containsExactly(12L);
    assertThatThrownBy(() -> done(service.pause(id))).hasMessageContaining("is completed");
  }

  @Test
  void eachVersionLearnsFromSamplesOfItsOwn() throws Exception {
    String id = submit("net", 8, 2);
    feed(id, 0, 8);
    await(id, view -> view.versions().size() == 1);
    feed(id, 8, 8);
    await(id, status("completed"));
    String second = submit("second", 8, 1);
    await(second, view -> job(second).intake() != null);
    feedShifted(second);
    await(second, status("completed"));

    assertThat(model(id, 2)).isNotEqualTo(model(id, 1)).isEqualTo(model(second, 1));
  }

  /** Feeds the samples 8 to 15, from a producer that starts with them. */
  private void feedShifted(String id) {
    float[] values = new float[8 * PIXELS];
    for (int i = 0; i < 8; i++) {
      Random random = new Random(8 + i);
      for (int k = 0; k < PIXELS; k++) {
        values[i * PIXELS + k] = (float) random.nextGaussian();
      }
    }
    Tensor tensor = Tensor.of(ElementType.FLOAT, values, new long[] {8, 4, 6, 6});
    done(
        job(id)
            .intake()
            .offer(admission -> admission.admit(List.of(new NamedTensor("x", tensor))), 8, null));
  }

  @Test
  void goesOnAfterARestart() throws Exception {
    String alone = submit("alone", 24, 1);
    feed(alone, 0, 24);
    await(alone, status("completed"));
    String id = submit("net", 24, 1);
    feed(id, 0, 10);
    service.close();
    start();

    assertThat(JobView.of(job(alone)).status()).isEqualTo("completed");
    assertThat(feed(id, 0, 24)).isEqualTo(new Receipt(24, 14, 10));
    await(id, status("completed"));

    assertThat(model(id, 1)).isEqualTo(model(alone, 1));
  }

  @Test
  void aCancelledJobIsOverAndADeletedOneIsGone() throws Exception {
    String id = submit("net", 24, 1);
    feed(id, 0, 10);
    done(service.cancel(id));
    await(id, view -> job(id).intake() == null);
    assertThat(JobView.of(job(id)).status()).isEqualTo("cancelled");

    done(service.delete(id));

    assertThat(service.liveJobs().job(id)).isEmpty();
    try (var jobs = Files.list(folder.resolve("state/jobs"))) {
      assertThat(jobs).isEmpty();
    }
    assertThatThrownBy(() -> done(service.delete(id))).hasMessageContaining("no such job");
    assertThat(submit("net", 24, 1)).isEqualTo("net-2");
  }

  @Test
  void aRunningJobCanBeDeleted() throws Exception {
    String id = submit("net", 24, 1);
    feed(id, 0, 10);

    done(service.delete(id));

    assertThat(service.liveJobs().jobs()).isEmpty();
  }

  @Test
  void oneUnfinishedJobForAModelAndNotTooMany() throws Exception {
    submit("net", 24, 1);
    assertThatThrownBy(() -> submit("net", 24, 1)).hasMessageContaining("another name");
    submit("net2", 24, 1);
    submit("net3", 24, 1);
    submit("net4", 24, 1);
    assertThatThrownBy(() -> submit("net5", 24, 1)).hasMessageContaining("jobs.active");
    try (var jobs = Files.list(folder.resolve("state/jobs"))) {
      assertThat(jobs).hasSize(4); // a refused submission leaves nothing
    }
  }

  /** A job's visible state may be older or newer than its actor's. */
  @Test
  void whetherThereCanBeOneMoreJobIsNotDecidedByWhatIsShown() throws Exception {
    String id = submit("net", 24, 1);
    await(id, view -> job(id).intake() != null);
    Job shown = job(id).job();
    job(id).job(shown.apply(new JobEvent.Cancelled(0)));

    assertThatThrownBy(() -> submit("net", 24, 1)).hasMessageContaining("another name");

    done(service.cancel(id));
    job(id).job(shown);
    assertThat(submit("net", 24, 1)).isEqualTo("net-2");
  }

  @Test
  void whatCannotBeQuantizedIsRefusedWhenItIsSubmitted() throws Exception {
    Path staged = service.stage();
    Files.createDirectory(staged.resolve("model"));
    Files.writeString(staged.resolve("model/net.onnx"), "no model");
    Files.writeString(staged.resolve("plan.conf"), "");

    assertThatThrownBy(
            () ->
                done(
                    service.submit(
                        new Submission(
                            "net", staged, "model/net.onnx", 10L, 1, Map.of(), 1, null, 0))))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(InvalidInputException.class)
        .hasMessageContaining("net.onnx: is not an ONNX model")
        .hasMessageNotContaining(staged.toString());
    assertThat(staged).doesNotExist();
  }

  private Path jobFolder(String id) {
    return folder.resolve("state/jobs").resolve(id);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void jobsThatAreCancelledWhileTheyOpenLeaveNothingOpen() throws Exception {
    for (int i = 0; i < 20; i++) {
      done(service.cancel(submit("net", 24, 1)));
    }

    Await.until("closed", () -> openFiles(folder.resolve("state/jobs")).isEmpty());
    for (int i = 1; i <= 20; i++) {
      Path samples = jobFolder("net-" + i).resolve("samples");
      Await.until("given back", () -> !Files.exists(samples));
    }
  }

  /** Returns this process's open files in a folder. */
  private static List<String> openFiles(Path folder) throws IOException {
    List<String> open = new ArrayList<>();
    try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors.toList()) {
        if (Files.isSymbolicLink(descriptor)) { // else the listing itself
          open.add(Files.readSymbolicLink(descriptor).toString());
        }
      }
    }
    return open.stream().filter(file -> file.startsWith(folder.toString())).toList();
  }

  @Test
  void whatAJobThatIsOverNeedsNoMoreIsRemoved() throws Exception {
    String completed = submit("completed", 16, 1);
    feed(completed, 0, 16);
    await(completed, status("completed"));
    String cancelled = submit("cancelled", 16, 2);
    feed(cancelled, 0, 16);
    await(cancelled, view -> view.versions().size() == 1);
    done(service.cancel(cancelled));

    for (String id : List.of(completed, cancelled)) {
      for (String gone : List.of("samples", "checkpoints", "spool")) {
        Path path = jobFolder(id).resolve(gone);
        Await.until(path + " is gone", () -> !Files.exists(path));
      }
      assertThat(model(id, 1)).isNotEmpty();
      assertThat(jobFolder(id).resolve("model/net.onnx")).exists();
    }
  }

  private byte[] undisturbed() throws Exception {
    String id = submit("undisturbed", 16, 1);
    feed(id, 0, 16);
    await(id, status("completed"));
    return model(id, 1);
  }

  /**
   * A file where a folder is needed stands in for a full disk, which {@link ServiceBadInputIT}
   * tests.
   */
  @Test
  void aJobWaitsForTheDiskAndGoesOnByItself() throws Exception {
    byte[] undisturbed = undisturbed();
    String id = submit("net", 16, 1);
    Path versions = Files.createFile(jobFolder(id).resolve("versions"));
    feed(id, 0, 16);

    JobView waiting = await(id, status("waiting"));
    assertThat(waiting.error())
        .contains("versions", "the job goes on when the disk")
        .doesNotContain(folder.toString())
        .hasLineCount(1);
    assertThat(job(id).job().phase()).isEqualTo(Job.Phase.ACTIVE);

    Files.delete(versions);
    JobView completed = await(id, status("completed"));
    assertThat(completed.error()).isNull();
    assertThat(model(id, 1)).isEqualTo(undisturbed);
  }

  @Test
  void aJobThatWaitsTakesSamplesAndCanBePausedAndCancelled() throws Exception {
    String id = submit("net", 16, 2);
    Path versions = Files.createFile(jobFolder(id).resolve("versions"));
    feed(id, 0, 16);
    await(id, status("waiting"));
    done(service.pause(id));
    assertThat(JobView.of(job(id)).status()).isEqualTo("paused");
    done(service.resume(id));
    await(id, status("waiting"));
    assertThat(job(id).intake()).isNotNull();
    Files.delete(versions);
    await(id, view -> view.versions().size() == 1);
    done(service.cancel(id));

    assertThat(JobView.of(job(id)).status()).isEqualTo("cancelled");
  }

  /** Resuming a waiting job retries at once, also if opening it failed. */
  @Test
  void aJobWaitsUntilItCanBeOpened() throws Exception {
    String id = submit("net", 16, 1);
    feed(id, 0, 10);
    service.close();
    Path checkpoints = jobFolder(id).resolve("checkpoints");
    StateDirectory.delete(checkpoints);
    Files.createFile(checkpoints);
    start();
    await(id, status("waiting"));
    assertThat(job(id).intake()).isNull();

    Files.delete(checkpoints);
    done(service.resume(id));

    assertThat(feed(id, 0, 16)).isEqualTo(new Receipt(16, 6, 10));
    await(id, status("completed"));
  }

  @Test
  void aFailedJobKeepsItsSamplesAndGoesOnFromThem() throws Exception {
    byte[] undisturbed = undisturbed();
    String id = failed("net");
    assertThat(JobView.of(job(id)).error()).contains("net.onnx").hasLineCount(1);
    assertThat(job(id).ended()).isNotNull();

    Files.move(
        jobFolder(id).resolve("kept"),
        jobFolder(id).resolve("model/net.onnx"),
        StandardCopyOption.REPLACE_EXISTING);
    done(service.resume(id));

    assertThat(job(id).ended()).isNull();
    assertThat(feed(id, 0, 16)).isEqualTo(new Receipt(16, 6, 10));
    assertThat(await(id, status("completed")).error()).isNull();
    assertThat(model(id, 1)).isEqualTo(undisturbed);
  }

  /** Returns a job with ten samples whose model has become unreadable. */
  private String failed(String name) throws Exception {
    String id = submit(name, 16, 1);
    feed(id, 0, 10);
    service.close();
    Path model = jobFolder(id).resolve("model/net.onnx");
    Files.move(model, jobFolder(id).resolve("kept"));
    Files.writeString(model, "no model");
    start();
    await(id, status("failed"));
    return id;
  }

  @Test
  void aFailedJobIsResumedOnlyWhereThereCanBeOneMore() throws Exception {
    String id = failed("net");
    String second = submit("net", 16, 1);

    assertThatThrownBy(() -> done(service.resume(id))).hasMessageContaining("not finished yet");
    assertThatThrownBy(() -> done(service.pause(id))).hasMessageContaining("is failed");
    done(service.cancel(second));
    done(service.resume(id));
    await(id, status("failed"));
  }

  @Test
  void aFailedJobThatIsCancelledGivesItsSamplesBack() throws Exception {
    String id = failed("net");
    Path samples = jobFolder(id).resolve("samples");
    assertThat(samples).exists();

    done(service.cancel(id));

    Await.until("given back", () -> !Files.exists(samples));
    assertThat(JobView.of(job(id)).status()).isEqualTo("cancelled");
    assertThatThrownBy(() -> done(service.resume(id))).hasMessageContaining("is cancelled");
    done(service.delete(id));
    assertThat(jobFolder(id)).doesNotExist();
  }

  @Test
  void aBadMessageLeavesTheJobsAlone() throws Exception {
    String id = submit("net", 16, 1);
    TestProbe<StatusReply<JobSpec>> asked = TestProbe.create(service.system());
    actor("/user/jobs").tell(new JobsActor.Submit(null, 1, asked.getRef()), noSender());
    assertThat(asked.receiveMessage().getError()).isInstanceOf(NullPointerException.class);

    feed(id, 0, 16);
    await(id, status("completed"));
    assertThat(submit("next", 16, 1)).isEqualTo("next-2");
  }

  /** The registry restarts without an effect on its jobs. */
  @Test
  void aRegistryThatFailsComesBack() throws Exception {
    String id = submit("net", 16, 1);
    feed(id, 0, 10);
    OpenJob open = job(id).open();
    actor("/user/jobs").tell(new JobsActor.Submit(null, 1, null), noSender());
    assertThatThrownBy(() -> done(service.pause("none-7"))).hasMessageContaining("no such job");

    done(service.pause(id));
    done(service.resume(id));
    assertThat(job(id).open()).isSameAs(open);
    feed(id, 10, 6);
    await(id, status("completed"));
    done(service.delete(id));
    assertThat(service.liveJobs().jobs()).isEmpty();
  }

  /** A defect in one job fails that job, which closes its files; the others continue. */
  @Test
  void aDefectFailsOneJob() throws Exception {
    String bad = submit("bad", 16, 1);
    String good = submit("good", 16, 1);
    feed(bad, 0, 4);
    actor("/user/jobs/" + bad).tell(new JobActor.Ask(null, probe()), noSender());
    await(bad, status("failed"));
    assertThat(job(bad).intake()).isNull();

    feed(good, 0, 16);
    await(good, status("completed"));
    done(service.resume(bad));
    feed(bad, 4, 12);
    await(bad, status("completed"));
  }

  private ActorRef<StatusReply<Done>> probe() {
    return TestProbe.<StatusReply<Done>>create(service.system()).getRef();
  }

  private ActorSelection actor(String path) {
    return Adapter.toClassic(service.system()).actorSelection(path);
  }
}
