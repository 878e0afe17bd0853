package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.http.InferenceRequest;
import io.halfstep.service.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The web page in Chromium. */
@Timeout(300)
class PageIT {
  private final Path folder;
  private Browser browser;
  private ServiceProcess service;

  PageIT(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void start() throws Exception {
    browser = Browser.start(Files.createDirectories(folder.resolve("downloads")));
    service =
        ServiceProcess.start(
            folder.resolve("service"),
            folder.resolve("service/state"),
            "",
            "-Dlogback.configurationFile=logback.xml"); // as installed, for the log that is shown
  }

  @AfterEach
  void end() {
    if (service != null) {
      service.close();
    }
    if (browser != null) {
      browser.close();
    }
  }

  private void feed(String job, long from, int count) throws Exception {
    InferenceRequest.Binary samples = TinyNetwork.request("page", from, count);
    assertThat(
            service
                .post(
                    "/v2/models/" + job + "/infer",
                    samples.body(),
                    "Content-Type",
                    "application/octet-stream",
                    InferenceRequest.JSON_LENGTH_HEADER,
                    Integer.toString(samples.jsonLength()))
                .status())
        .isEqualTo(202);
  }

  private Path downloaded(String name) throws Exception {
    Path file = folder.resolve("downloads").resolve(name);
    Await.until("download of " + name, () -> Files.exists(file));
    return file;
  }

  @Test
  void aModelIsSubmittedFedPublishedDownloadedAndRolledBack() throws Exception {
    Path model = folder.resolve("tiny.onnx");
    Files.write(model, new TinyNetwork(folder.resolve("tiny")).model());
    browser.open(service.url());
    browser.await("main", "There are no jobs yet");
    browser.press("Submit a model");
    browser.choose("ONNX model", model);
    browser.fill("Samples", "16");
    browser.fill("Versions", "2");
    browser.fill("Further", "batch = 0");
    browser.isAccessible("submit");
    browser.press("Submit");
    browser.await("dialog .error", "batch");
    browser.fill("Further", "batch = 8");
    browser.find("dialog .main").click();
    browser.await("h2", "tiny-1");
    browser.await("article .status", "collecting");
    Await.until("open", () -> service.get("/v2/models/tiny/ready").status() == 200);

    feed("tiny-1", 0, 12);
    browser.await(".bars", "12 of 16");
    browser.await(".node", "observing");
    browser.isAccessible("collecting");
    feed("tiny-1", 12, 4);
    browser.await(".versions", "in use");
    feed("tiny-1", 16, 16);
    browser.await("article .status", "completed");
    browser.await(".versions li:first-child", "in use");
    browser.await(".node", "of nearest");

    browser.find(".node[data-stage=a]").click();
    browser.await("aside", "Weight");
    browser.await("aside figcaption", "the range of 8 bits");
    browser.isAccessible("completed");
    browser.type(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER);
    browser.await("aside h4", "y");
    browser.type(Keys.ESCAPE);
    assertThat(browser.find("aside").isDisplayed()).isFalse();

    browser.find("[aria-label='Download the model of version 2']").click();
    assertThat(downloaded("tiny-2.onnx")).hasBinaryContent(service.published("tiny-1", "model"));
    browser.find("[aria-label='Roll back to version 1']").click();
    browser.await(".versions li:last-child", "in use");
    assertThat(service.job("tiny-1").path("current").asInt()).isEqualTo(1);

    browser.press("Delete…");
    browser.isAccessible("delete");
    browser.press("Keep it");
    browser.press("Delete…");
    browser.find("dialog .danger").click();
    browser.await("main", "There is no job tiny-1");
    assertThat(service.get("/jobs/tiny-1").status()).isEqualTo(404);
    browser.hasLoggedNothing();
  }

  @Test
  void aJobIsWatchedPausedAndResumedAndItsFailureIsShown() throws Exception {
    String job = service.submitResnet("resnet14", 1024);
    browser.open(service.url() + "/#/" + job);
    browser.await(".node", "Conv");
    Process feed = service.client("feed", "feed", job, "--data", ServiceProcess.CALIBRATION);
    browser.await(".node", "rounding");
    browser.press("Pause");
    browser.await("article .status", "paused");
    browser.find("article > details summary").click();
    browser.await(".log", "pause by 127.0.0.1: 200");
    browser.isAccessible("calibrating");
    assertThat(feed.waitFor()).isZero();

    service.terminate();
    browser.await("#connection", "The service does not answer.");
    Files.writeString(service.state().resolve("jobs/" + job + "/model/model.onnx"), "no model");
    service.start();
    browser.await("article .status", "failed");
    assertThat(browser.find("#connection").getText()).isEmpty();
    browser.await("article .error", "model.onnx");
    browser.isAccessible("failed");
  }

  @Test
  void theTokenIsAskedForOnceAndSent() throws Exception {
    service.terminate();
    service.configure("halfstep.service.http.token = correct-horse-battery-staple\n");
    service.start();
    browser.open(service.url());
    browser.await("dialog h2", "The service asks for a token");
    browser.isAccessible("token");
    browser.fill("Token", "wrong");
    browser.press("Continue");
    browser.await("dialog", "The service does not accept this token.");
    browser.fill("Token", "correct-horse-battery-staple");
    browser.press("Continue");
    browser.await("main", "There are no jobs yet");
    browser.open(service.url());
    browser.await("main", "There are no jobs yet");
    browser.hasLoggedNothing();
  }

  /** Prints how long an update takes in which all 500 layers have changed. */
  @Test
  void ofFiveHundredLayersAnUpdateTouchesOnlyThoseThatHaveChanged() throws Exception {
    int blocks = 250;
    assertThat(
            service.submit(DeepNetwork.of(blocks, folder), "deep", 16, TinyNetwork.PLAN).status())
        .isEqualTo(201);
    browser.open(service.url() + "/#/deep-1");
    browser.await(".node", "block0/a");
    assertThat(browser.count(".node.layer")).isEqualTo(2 * blocks);
    browser.isAccessible("deep");

    String graph =
        """
        const {GraphView} = await import('/ui/graph.js');
        const {stages} = await (await fetch('/jobs/deep-1/graph')).json();
        const start = performance.now();
        const view = new GraphView(stages, () => {});
        const place = document.querySelector('.graph');
        place.replaceChildren(view.root);
        place.getBoundingClientRect();
        const made = performance.now() - start;
        const seen = new MutationObserver(() => {});
        seen.observe(place, {subtree: true, childList: true, attributes: true, characterData: true});
        """;
    assertThat(
            browser.run(
                graph
                    + """
                    view.update({'block7/b': {pass: 'observe', samples: 8, share: 0.5}});
                    done([...new Set(seen.takeRecords()
                      .map((each) => each.target.closest('[data-stage]').dataset.stage))].join());
                    """))
        .isEqualTo("block7/b");
    System.out.println(
        browser.run(
            graph
                + """
                const times = [];
                for (let i = 1; i <= 60; i++) {
                  const all = {};
                  for (const {name} of stages) {
                    all[name] = {pass: 'observe', samples: i, share: i / 60};
                  }
                  const begin = performance.now();
                  view.update(all);
                  place.getBoundingClientRect();
                  times.push(performance.now() - begin);
                  await new Promise((next) => setTimeout(next, 50));
                }
                times.sort((a, b) => a - b);
                done(`500 layers: drawn in ${made.toFixed(0)} ms; an update of all takes`
                  + ` ${times[30].toFixed(1)} ms (median), ${times[59].toFixed(1)} ms (longest)`);
                """));
  }
}
