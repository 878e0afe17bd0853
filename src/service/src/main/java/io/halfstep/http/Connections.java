package io.halfstep.http;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * How many connections there are, of all clients and of each address. Who comes beyond that is not
 * shut out, but only told so, unless it asks for health or metrics: they must be seen in any crowd.
 * Of those the ones that have waited longest without asking make room for the next.
 */
final class Connections {
  /** How many beyond the limit may be about to ask. */
  static final int EXTRA = 64;

  private final int most;
  private final int mostPerAddress;
  private final Map<InetAddress, Integer> perAddress = new HashMap<>();
  private final Set<Place> extra = new LinkedHashSet<>();
  private int regular;

  Connections(int most, int mostPerAddress) {
    this.most = most;
    this.mostPerAddress = mostPerAddress;
  }

  /**
   * What a connection may do.
   *
   * @param close ends it
   */
  record Place(InetAddress address, boolean isExtra, Runnable close) {
    /** No two are the same. */
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }

  synchronized Place enter(InetAddress address, Runnable close) {
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

  /** It has asked: the answer comes at once, and ends it. */
  synchronized void asks(Place place) {
    extra.remove(place);
  }

  synchronized void leave(Place place) {
    if (place.isExtra()) {
      extra.remove(place);
    } else {
      regular--;
      perAddress.computeIfPresent(place.address(), (address, n) -> n == 1 ? null : n - 1);
    }
  }
}
