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

/** What a service under torture has answered, and what it should not have. Thread-safe. */
final class TortureFindings {
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final Map<String, LongAdder> checked = new ConcurrentHashMap<>();
  private final Queue<String> faults = new ConcurrentLinkedQueue<>();

  /** Counts an answer; anything but these statuses is a fault. */
  Answer expect(String operation, Answer answer, Integer... statuses) {
    count(answers, operation + " " + answer.status());
    if (!Set.of(statuses).contains(answer.status())) {
      fault("%s: %d %s".formatted(operation, answer.status(), answer.body()));
    }
    return answer;
  }

  /** Counts a request without an answer. */
  void unanswered(String operation) {
    count(answers, operation + " unanswered");
  }

  /** Counts what was found as it has to be; anything else is a fault. */
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
