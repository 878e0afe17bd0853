package io.halfstep.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends samples to a service over many connections, as prepared requests of the Open Inference
 * Protocol with binary data, so that the load itself takes little CPU time. Requests are sent at a
 * fixed rate, independent of the replies, or as fast as they are answered.
 */
final class Load {
  private static final int SLOWEST_MILLIS = 60_000;

  /**
   * A load.
   *
   * @param rate requests per second, over all connections; 0: as fast as they are answered
   */
  record Offer(
      String host,
      int port,
      String model,
      String input,
      long[] shape,
      int connections,
      double seconds,
      double rate) {}

  /**
   * The results of a load.
   *
   * @param answers requests by status
   * @param offered samples
   * @param withoutRetryAfter refusals without a Retry-After
   * @param p50 milliseconds until an acknowledgement
   * @param p99 likewise
   */
  record Outcome(
      Map<Integer, Long> answers,
      long offered,
      long acknowledged,
      long refused,
      long withoutRetryAfter,
      double seconds,
      int p50,
      int p99) {
    String json() {
      return String.format(
          Locale.ROOT,
          "{\"answers\": %s, \"offered\": %d, \"acknowledged\": %d, \"refused\": %d,"
              + " \"without_retry_after\": %d, \"seconds\": %.1f, \"acknowledged_per_s\": %.0f,"
              + " \"p50_ms\": %d, \"p99_ms\": %d}",
          answers.toString().replaceAll("(\\d+)=", "\"$1\": ").replaceAll("^\\{\\}", "{}"),
          offered,
          acknowledged,
          refused,
          withoutRetryAfter,
          seconds,
          acknowledged / seconds,
          p50,
          p99);
    }
  }

  private final Offer offer;
  private final byte[] request;
  private final AtomicLongArray statuses = new AtomicLongArray(1000);
  private final AtomicLongArray millis = new AtomicLongArray(SLOWEST_MILLIS);
  private final AtomicLong withoutRetryAfter = new AtomicLong();

  private Load(Offer offer) {
    this.offer = offer;
    this.request = request(offer);
  }

  static Outcome run(Offer offer) throws InterruptedException {
    return new Load(offer).run();
  }

  /** Returns one request: pixels of seeded noise. */
  static byte[] request(Offer offer) {
    int bytes = (int) Arrays.stream(offer.shape()).reduce(1, (a, b) -> a * b);
    byte[] pixels = new byte[bytes];
    new Random(1).nextBytes(pixels);
    String json =
        "{\"inputs\":[{\"name\":\"%s\",\"shape\":%s,\"datatype\":\"UINT8\",\"parameters\":{\"binary_data_size\":%d}}]}"
            .formatted(offer.input(), Arrays.toString(offer.shape()), bytes);
    String head =
        """
        POST /v2/models/%s/infer HTTP/1.1\r
        Host: %s:%d\r
        Content-Type: application/octet-stream\r
        Inference-Header-Content-Length: %d\r
        Content-Length: %d\r
        \r
        """
            .formatted(
                offer.model(), offer.host(), offer.port(), json.length(), json.length() + bytes);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes((head + json).getBytes(StandardCharsets.US_ASCII));
    all.writeBytes(pixels);
    return all.toByteArray();
  }

  private Outcome run() throws InterruptedException {
    long start = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < offer.connections(); i++) {
      double phase = (double) i / offer.connections();
      Thread thread = new Thread(() -> connection(start, phase), "connection-" + i);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return outcome((System.nanoTime() - start) / 1e9);
  }

  private void connection(long start, double phase) {
    double every = offer.rate() == 0 ? 0 : 1e9 * offer.connections() / offer.rate();
    long end = start + (long) (offer.seconds() * 1e9);
    long sent = 0;
    while (System.nanoTime() < end) {
      try (Socket socket = new Socket(offer.host(), offer.port())) {
        socket.setTcpNoDelay(true);
        OutputStream out = socket.getOutputStream();
        InputStream in = new BufferedInputStream(socket.getInputStream());
        while (System.nanoTime() < end) {
          long due = start + (long) ((sent + phase) * every);
          LockSupport.parkNanos(due - System.nanoTime());
          long begun = System.nanoTime();
          out.write(request);
          sent++;
          answer(in, begun);
        }
      } catch (IOException e) {
        statuses.incrementAndGet(0); // closed by the service; reconnects
      }
    }
  }

  private void answer(InputStream in, long begun) throws IOException {
    int status = Integer.parseInt(line(in).substring(9, 12)); // after "HTTP/1.1 "
    int length = 0;
    boolean retryAfter = false;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      String header = line.toLowerCase(Locale.ROOT);
      if (header.startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(header.indexOf(':') + 1).strip());
      }
      retryAfter |= header.startsWith("retry-after:");
    }
    in.skipNBytes(length);
    statuses.incrementAndGet(status);
    if (status == 202) {
      int took = (int) ((System.nanoTime() - begun) / 1_000_000);
      millis.incrementAndGet(Math.min(took, SLOWEST_MILLIS - 1));
    } else if (!retryAfter) {
      withoutRetryAfter.incrementAndGet();
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private Outcome outcome(double seconds) {
    Map<Integer, Long> answers = new TreeMap<>();
    long requests = 0;
    for (int status = 0; status < statuses.length(); status++) {
      if (statuses.get(status) > 0) {
        answers.put(status, statuses.get(status));
        requests += statuses.get(status);
      }
    }
    long samples = offer.shape()[0];
    long acknowledged = statuses.get(202) * samples;
    return new Outcome(
        answers,
        requests * samples,
        acknowledged,
        (requests - statuses.get(0)) * samples - acknowledged,
        withoutRetryAfter.get(),
        seconds,
        percentile(0.5),
        percentile(0.99));
  }

  private int percentile(double share) {
    long all = 0;
    for (int i = 0; i < SLOWEST_MILLIS; i++) {
      all += millis.get(i);
    }
    long behind = 0;
    for (int i = 0; i < SLOWEST_MILLIS; i++) {
      behind += millis.get(i);
      if (behind >= share * all) {
        return i;
      }
    }
    return SLOWEST_MILLIS;
  }

  /** Takes {@code PORT MODEL INPUT SHAPE CONNECTIONS SECONDS RATE}; prints the outcome in JSON. */
  public static void main(String[] args) throws InterruptedException {
    long[] shape = Arrays.stream(args[3].split(",")).mapToLong(Long::parseLong).toArray();
    Offer offer =
        new Offer(
            "127.0.0.1",
            Integer.parseInt(args[0]),
            args[1],
            args[2],
            shape,
            Integer.parseInt(args[4]),
            Double.parseDouble(args[5]),
            Double.parseDouble(args[6]));
    System.out.println(run(offer).json());
  }
}
