package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import com.deque.html.axecore.providers.EmbeddedResourceAxeProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** Debian's Chromium without a window, and what a user does in it. */
final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Path PICTURES = Path.of("src/cli/target/page");
  private static final String AXE =
      """
      const done = arguments[0];
      axe.run().then((found) => done(found.violations
        .filter((each) => ['serious', 'critical'].includes(each.impact))
        .map((each) => each.id + ': ' + each.nodes.map((node) => node.html).join(' '))))
        .catch((failure) => done([String(failure)]));
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ChromeDriver driver;
  private final List<String> logged = new ArrayList<>();

  private Browser(ChromeDriver driver) {
    this.driver = driver;
  }

  /**
   * Starts the browser. Where it is missing, the test is skipped, but fails in continuous
   * integration.
   *
   * @param downloads the folder for files that it downloads
   */
  static Browser start(Path downloads) throws IOException {
    if (!Files.isExecutable(CHROMIUM) || !Files.isExecutable(DRIVER)) {
      String how = "no Chromium here (Debian: apt-get install chromium chromium-driver)";
      if (System.getenv("CI") != null) {
        fail(how);
      }
      abort(how);
    }
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage");
    options.setExperimentalOption(
        "prefs", Map.of("download.default_directory", downloads.toAbsolutePath().toString()));
    options.setCapability("goog:loggingPrefs", logs);
    return new Browser(
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .withLogOutput(java.io.OutputStream.nullOutputStream())
                .build(),
            options));
  }

  void open(String url) {
    driver.get(url);
    driver.navigate().refresh(); // also where only the fragment differs
  }

  /** Sets the size of the window in pixels, and the colours that the user prefers. */
  void show(int width, int height, String scheme) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  /**
   * Checks that axe-core has no serious or critical finding, on a phone and on a desktop, in light
   * and dark, and takes a picture of each.
   */
  void isAccessible(String name) throws Exception {
    driver.executeScript(new EmbeddedResourceAxeProvider().getScript());
    for (int width : new int[] {1280, 390}) {
      for (String scheme : List.of("light", "dark")) {
        show(width, width == 390 ? 844 : 900, scheme);
        Object findings = driver.executeAsyncScript(AXE);
        picture("%s-%d-%s".formatted(name, width, scheme));
        assertThat((List<?>) findings).as("%s, %d pixels, %s", name, width, scheme).isEmpty();
      }
    }
    show(1280, 900, "light");
  }

  private void picture(String name) {
    try {
      Files.write(
          Files.createDirectories(PICTURES).resolve(name + ".png"),
          driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Checks that nothing was logged to the console, as errors and violations of the policy are, but
   * that the service has refused something.
   */
  void hasLoggedNothing() {
    assertThat(log()).allMatch(line -> line.contains("the server responded with a status of"));
  }

  private List<String> log() {
    driver.manage().logs().get(LogType.BROWSER).forEach(line -> logged.add(line.toString()));
    return logged;
  }

  WebElement find(String css) {
    return driver.findElement(By.cssSelector(css));
  }

  /** Waits for an element with a text. */
  WebElement await(String css, String text) {
    return new WebDriverWait(driver, PATIENCE)
        .withMessage(
            () -> {
              picture("missing");
              return "no %s with '%s', see missing.png; logged: %s".formatted(css, text, log());
            })
        .ignoring(StaleElementReferenceException.class)
        .until(
            page ->
                page.findElements(By.cssSelector(css)).stream()
                    .filter(element -> element.isDisplayed() && element.getText().contains(text))
                    .findFirst()
                    .orElse(null));
  }

  /** Presses the button with this label. */
  void press(String label) {
    driver.findElement(By.xpath("//button[.='%s']".formatted(label))).click();
  }

  /** Fills the field with this label. */
  void fill(String label, String value) {
    field(label).clear();
    field(label).sendKeys(value);
  }

  /** Chooses a file in the field with this label. */
  void choose(String label, Path file) {
    field(label).sendKeys(file.toAbsolutePath().toString());
  }

  private WebElement field(String label) {
    return driver.findElement(By.xpath("//label[starts-with(., '%s')]/*".formatted(label)));
  }

  void type(Keys... keys) {
    for (Keys key : keys) {
      driver.switchTo().activeElement().sendKeys(key);
    }
  }

  int count(String css) {
    return driver.findElements(By.cssSelector(css)).size();
  }

  /** Runs a script that awaits, and returns what it gives its last argument. */
  Object run(String script) {
    return driver.executeAsyncScript(
        "(async (done) => {%s})(arguments[0]).catch((failure) => arguments[0](String(failure)))"
            .formatted(script));
  }

  @Override
  public void close() {
    driver.quit();
  }
}
