package io.halfstep.http.access;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Counts connections, in total and for each address. A connection beyond the limits is accepted,
 * but only health and metrics are answered: they must work under any load. If too many of these
 * wait without sending a request, the oldest ones are closed.
 */
public final class Connections {
  /** How many connections beyond the limit may wait for their request. */
  public static final int EXTRA = 64;

  private final int most;
  private final int mostPerAddress;
  private final Map<InetAddress, Integer> perAddress = new HashMap<>();
  private final Set<Place> extra = new LinkedHashSet<>();
  private int regular;

  /**
   * Limits connections.
   *
   * @param most in total
   * @param mostPerAddress from one address
   */
  public Connections(int most, int mostPerAddress) {
    this.most = most;
    this.mostPerAddress = mostPerAddress;
  }

  /**
   * A connection.
   *
   * @param isExtra whether it is beyond the limits
   * @param close closes it
   */
  public record Place(InetAddress address, boolean isExtra, Runnable close) {
    /** Identity, not content. */
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  /** Counts a connection that was accepted. */
  public synchronized Place enter(InetAddress address, Runnable close) {
    int there = perAddress.getOrDefault(address, 0);
    Place place = new Place(address, regular >= most || there >= mostPerAddress, close);
    if (!place.isExtra()) {
      regular++;
      perAddress.put(address, there + 1);
      return place;
    }
    extra.add(place);
    if (extra.size() > EXTRA) {
      Place oldest = extra.iterator().next();
      extra.remove(oldest);
      oldest.close().run();
    }
    return place;
  }

  /** Notes that it has sent a request. The answer follows at once and closes it. */
  public synchronized void asks(Place place) {
    extra.remove(place);
  }

  /** Notes that it is closed. */
  public synchronized void leave(Place place) {
    if (place.isExtra()) {
      extra.remove(place);
    } else {
      regular--;
      perAddress.computeIfPresent(place.address(), (address, n) -> n == 1 ? null : n - 1);
    }
  }
}
