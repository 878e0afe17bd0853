package io.halfstep.cli;

import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import io.halfstep.service.journal.Job;
import io.halfstep.service.recovery.JournalMove;
import io.halfstep.service.recovery.JournalRebuild;
import io.halfstep.service.settings.ServiceSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code halfstep journal}. */
@Command(
    name = "journal",
    sortOptions = false,
    synopsisSubcommandLabel = "(move | rebuild)",
    description = {
      "Repairs the list of a service's jobs, or moves it. The service must not run.",
      ""
    },
    footer = {"", "See 'Backup and restore' in src/site/service.md."})
final class JournalCommand implements java.util.concurrent.Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "The service's state directory. Default: halfstep-state.")
  private @Nullable Path state;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "The service's configuration.")
  private @Nullable Path config;

  JournalCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  private ServiceSettings settings() {
    System.setProperty("halfstep.log", System.getProperty("halfstep.log", "OFF"));
    ServiceSettings settings = ServiceSettings.read(config);
    return state == null ? settings : settings.with("state", state.toString());
  }

  @Override
  public Integer call() {
    terminal
        .err()
        .println("halfstep: journal: expected move or rebuild; see 'halfstep journal --help'");
    return ExitCode.MISTAKE;
  }

  @Command(
      name = "move",
      description = {
        "Moves the embedded journal to the PostgreSQL database that the configuration names"
            + " (journal.url). The old file is kept under another name.",
        ""
      })
  int move() throws InterruptedException {
    ServiceSettings settings = settings();
    Path kept = JournalMove.run(settings);
    terminal
        .out()
        .printf("the journal was moved to the database; the old one is kept as %s%n", kept);
    return 0;
  }

  @Command(
      name = "rebuild",
      description = {
        "Adds the jobs that have a folder in the state directory, but are missing in the journal."
            + " Unfinished ones are paused; 'POST /jobs/ID/resume' resumes them.",
        ""
      })
  int rebuild() throws InterruptedException {
    List<Job> jobs = JournalRebuild.run(settings());
    if (jobs.isEmpty()) {
      terminal.out().println("all jobs are in the journal already");
    }
    for (Job job : jobs) {
      terminal
          .out()
          .printf(
              "%-20s %s, %d versions%n",
              job.spec().id(), job.phase().name().toLowerCase(Locale.ROOT), job.versions().size());
    }
    return 0;
  }
}
