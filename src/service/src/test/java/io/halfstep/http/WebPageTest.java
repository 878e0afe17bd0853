package io.halfstep.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.halfstep.http.RunningServer.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The files of the web page; {@code PageIT} looks at it in a browser. */
@Timeout(120)
class WebPageTest {
  private static final Path FILES = Path.of("src/service/src/main/resources/io/halfstep/http/page");

  @TempDir private Path folder;

  @Test
  void allFilesAreForEveryoneAndLoadNothingFromElsewhere() throws Exception {
    List<String> names;
    try (Stream<Path> files = Files.list(FILES)) {
      names = files.map(file -> file.getFileName().toString()).sorted().toList();
    }
    assertThat(names).contains("index.html", "main.js", "style.css");
    try (RunningServer server =
        RunningServer.start(folder.resolve("state"), "http.token", "secret")) {
      for (String name : names) {
        Answer answer = server.get(name.equals("index.html") ? "/" : "/ui/" + name);
        assertThat(answer.status()).as(name).isEqualTo(200);
        assertThat(answer.body().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))
            .as(name)
            .isEqualTo(Files.readAllBytes(FILES.resolve(name)));
        assertThat(answer.header("Content-Security-Policy"))
            .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
            .doesNotContain("unsafe", "http");
        assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
        assertThat(Files.readString(FILES.resolve(name)))
            .as(name)
            .doesNotContainPattern("(src|href)=\"(?![/#])|style=|https?://(?!www\\.w3\\.org/)");
      }
      assertThat(server.get("/jobs").status()).isEqualTo(401);
      assertThat(server.get("/ui/index.html").status()).isEqualTo(401);
      assertThat(server.get("/ui/WebPage.class").status()).isEqualTo(401);
      assertThat(server.get("/ui/..%2Fopenapi.yaml").status()).isEqualTo(401);
    }
  }

  @Test
  void whatABrowserHasIsNotSentAgain() throws Exception {
    try (RunningServer server = RunningServer.start(folder.resolve("state"))) {
      Answer first = server.get("/ui/main.js");
      Answer again = server.get("/ui/main.js", "If-None-Match: " + first.header("ETag"));

      assertThat(first.header("Cache-Control")).isEqualTo("no-cache");
      assertThat(again.status()).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(server.get("/ui/main.js", "If-None-Match: \"other\"").status()).isEqualTo(200);
    }
  }
}
