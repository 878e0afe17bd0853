package io.halfstep.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;

class WorkersTest {
  @Test
  void computeWithTheLowestPriority() throws Exception {
    ForkJoinPool pool = Workers.pool(2);
    try {
      Thread worker = pool.submit(Thread::currentThread).get();
      assertThat(worker.getPriority()).isEqualTo(Thread.MIN_PRIORITY);
      assertThat(worker.getName()).startsWith("halfstep-worker-");
      assertThat(pool.getParallelism()).isEqualTo(2);
    } finally {
      pool.shutdown();
    }
  }
}
