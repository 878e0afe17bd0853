package io.halfstep.cli.client;

import io.halfstep.cli.client.ServiceClient.RefusedException;
import io.halfstep.cli.terminal.ExitCode;
import io.halfstep.cli.terminal.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Parameters;

/** A command that changes jobs, one after the other; if one can't be changed, the others are. */
abstract class JobAction implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "JOB", arity = "1..*", description = "The jobs' ids.")
  private List<String> jobs = new ArrayList<>();

  @ArgGroup(validate = false, heading = "%nService:%n")
  private ClientOptions service = new ClientOptions();

  JobAction(Terminal terminal) {
    this.terminal = terminal;
  }

  Terminal terminal() {
    return terminal;
  }

  List<String> jobs() {
    return jobs;
  }

  /** Changes a job; returns what it is now. */
  abstract String act(ServiceClient client, String job) throws InterruptedException;

  /** Requests a change that leaves the job there. */
  static String request(ServiceClient client, String job, String change)
      throws InterruptedException {
    return JobText.phase(client.change("POST", ServiceClient.path(job) + "/" + change));
  }

  @Override
  public Integer call() throws InterruptedException {
    ServiceClient client = service.client(terminal.err());
    int exitCode = 0;
    for (String job : jobs) {
      try {
        terminal.out().printf("%s: %s%n", job, act(client, job));
      } catch (RefusedException e) {
        terminal.err().printf("halfstep: %s: %s%n", job, e.getMessage());
        exitCode = ExitCode.MISTAKE;
      }
    }
    return exitCode;
  }
}
