package io.halfstep.cli;

import io.halfstep.cli.ServiceProcess.Answer;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** The replies and faults of a service under torture. Thread-safe. */
final class TortureFindings {
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> checked = new ConcurrentHashMap<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  /** Counts a reply; any other status is a fault. */
  Answer expect(String operation, Answer answer, Integer... statuses) {
    count(answers, operation + " " + answer.status());
    if (!Set.of(statuses).contains(answer.status())) {
      fault("%s: %d %s".formatted(operation, answer.status(), answer.body()));
    }
    return answer;
  }

  /** Counts a request without a reply. */
  void unanswered(String operation) {
    count(answers, operation + " unanswered");
  }

  /** Counts a check; if it does not hold, it is a fault. */
  void check(String what, boolean holds, Object found) {
    count(checked, what);
    if (!holds) {
      fault(what + ": " + found);
    }
  }

  void fault(String what) {
    System.err.println("fault: " + what);
    faults.add(what);
  }

  private static void count(Map<String, LongAdder> counts, String what) {
    counts.computeIfAbsent(what, key -> new LongAdder()).increment();
  }

  Map<String, LongAdder> answers() {
    return answers;
  }

  Map<String, LongAdder> checked() {
    return checked;
  }

  List<String> faults() {
    return List.copyOf(faults);
  }
}
