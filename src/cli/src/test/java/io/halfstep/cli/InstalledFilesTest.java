package io.halfstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class InstalledFilesTest {
  @TempDir private static Path share;

  @BeforeAll
  static void write() throws Exception {
    InstalledFiles.main(new String[] {share.toString()});
  }

  @Test
  void bashCompletesCommandsAndOptions() throws Exception {
    assertThat(completed("halfstep", "qu")).contains("quantize");
    assertThat(completed("halfstep", "quantize", "--wei")).contains("--weights");
  }

  private static String completed(String... words) throws Exception {
    String script =
        ". '%s'; COMP_WORDS=(%s); COMP_CWORD=%d; _complete_halfstep; echo \"${COMPREPLY[@]}\""
            .formatted(
                share.resolve("bash-completion/completions/halfstep"),
                String.join(" ", words),
                words.length - 1);
    Path out = share.resolve("completed");
    Process bash =
        new ProcessBuilder("bash", "-c", script)
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    assertThat(bash.waitFor()).as(Files.readString(out)).isZero();
    return Files.readString(out);
  }

  @Test
  void theManualPageHasAllCommandsAndOnlyWhatRoffKnows() throws Exception {
    String page = Files.readString(share.resolve("man/man1/halfstep.1"));
    assertThat(page)
        .contains(".SH \"halfstep quantize\"", ".SH \"halfstep journal move\"", "\\-\\-weights");
    assertThat(page.lines().filter(line -> !line.startsWith("\\&")))
        .allMatch(line -> line.matches("\\.(TH|SH|nf|fi)( .*)?|halfstep .*"));
  }
}
