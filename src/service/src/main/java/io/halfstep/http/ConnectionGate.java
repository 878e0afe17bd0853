package io.halfstep.http;

import akka.http.impl.engine.server.HttpAttributes;
import akka.http.javadsl.model.AttributeKey;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.Connection;
import akka.stream.Attributes;
import akka.stream.BidiShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.stage.AbstractInHandler;
import akka.stream.stage.AbstractOutHandler;
import akka.stream.stage.AsyncCallback;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import io.halfstep.http.access.Connections;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts a connection, and closes it if its next request does not arrive in time. Akka's own
 * timeout restarts with each byte and so never closes the connection of a client that sends its
 * header byte by byte.
 */
final class ConnectionGate
    extends GraphStage<BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse>> {
  private static final AttributeKey<Boolean> EXTRA =
      AttributeKey.create("beyond-the-limit", Boolean.class);
  private static final String NEXT_REQUEST = "next-request";

  private final Inlet<HttpRequest> requestIn = Inlet.create("requestIn");
  private final Outlet<HttpRequest> requestOut = Outlet.create("requestOut");
  private final Inlet<HttpResponse> responseIn = Inlet.create("responseIn");
  private final Outlet<HttpResponse> responseOut = Outlet.create("responseOut");
  private final Connections connections;
  private final Duration first;
  private final Duration next;

  /**
   * @param first how long the header of the first request may take
   * @param next how long that of each later request may take, idle time included
   */
  ConnectionGate(Connections connections, Duration first, Duration next) {
    this.connections = connections;
    this.first = first;
    this.next = next;
  }

  /** Returns whether a request came over a connection beyond the limit. */
  static boolean isExtra(HttpRequest request) {
    return request.getAttribute(EXTRA).orElse(false);
  }

  @Override
  public BidiShape<HttpRequest, HttpRequest, HttpResponse, HttpResponse> shape() {
    return BidiShape.of(requestIn, requestOut, responseIn, responseOut);
  }

  @Override
  public GraphStageLogic createLogic(Attributes attributes) {
    InetAddress address =
        attributes
            .getAttribute(HttpAttributes.RemoteAddress.class)
            .map(HttpAttributes.RemoteAddress::address)
            .map(InetSocketAddress::getAddress)
            .orElseGet(InetAddress::getLoopbackAddress);
    return new Logic(address);
  }

  private final class Logic extends TimerGraphStageLogic {
    private final InetAddress address;
    private Connections.@Nullable Place place;

    Logic(InetAddress address) {
      super(shape());
      this.address = address;
      setHandler(
          requestIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              cancelTimer(NEXT_REQUEST);
              push(requestOut, arrived(grab(requestIn)));
            }

            @Override
            public void onUpstreamFinish() {
              complete(requestOut); // its last request is still answered
            }
          });
      setHandler(
          requestOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(requestIn);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancel(requestIn, cause);
            }
          });
      setHandler(
          responseIn,
          new AbstractInHandler() {
            @Override
            public void onPush() {
              push(responseOut, answered(grab(responseIn)));
            }

            @Override
            public void onUpstreamFinish() {
              complete(responseOut);
            }
          });
      setHandler(
          responseOut,
          new AbstractOutHandler() {
            @Override
            public void onPull() {
              pull(responseIn);
            }

            @Override
            public void onDownstreamFinish(Throwable cause) {
              cancel(responseIn, cause);
            }
          });
    }

    @Override
    public void preStart() {
      AsyncCallback<Boolean> close = createAsyncCallback(now -> completeStage());
      place = connections.enter(address, () -> close.invoke(true));
      scheduleOnce(NEXT_REQUEST, first);
    }

    @Override
    public void postStop() {
      if (place != null) {
        connections.leave(place);
      }
    }

    @Override
    public void onTimer(Object timer) {
      completeStage();
    }

    private HttpRequest arrived(HttpRequest request) {
      if (place == null || !place.isExtra()) {
        return request;
      }
      connections.asks(place);
      return request.addAttribute(EXTRA, true);
    }

    /**
     * A long-running answer closes its connection, since the next request would have no time limit.
     */
    private HttpResponse answered(HttpResponse response) {
      boolean last = !response.entity().isStrict() || (place != null && place.isExtra());
      if (last) {
        return response.addHeader(Connection.create("close"));
      }
      scheduleOnce(NEXT_REQUEST, next);
      return response;
    }
  }
}
