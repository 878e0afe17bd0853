package io.halfstep.http.body;

import akka.NotUsed;
import akka.actor.typed.ActorSystem;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpEntity;
import akka.http.javadsl.model.HttpRequest;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.RequestEntity;
import akka.stream.Attributes;
import akka.stream.FlowShape;
import akka.stream.Inlet;
import akka.stream.Outlet;
import akka.stream.javadsl.Sink;
import akka.stream.javadsl.Source;
import akka.stream.stage.AbstractInOutHandler;
import akka.stream.stage.GraphStage;
import akka.stream.stage.GraphStageLogic;
import akka.stream.stage.TimerGraphStageLogic;
import akka.util.ByteString;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * Answers requests before the end of their bodies. If the connection were closed at once, the
 * client, which still sends, would find it reset, often before it has read the answer. So the
 * answer is sent in full, but the connection stays open for a while, and the rest of the body is
 * read and dropped (RFC 9112, section 9.6).
 */
public final class Lingering {
  private static final Duration LONGEST = Duration.ofSeconds(2);

  private final CompletableFuture<Source<ByteString, NotUsed>> end = new CompletableFuture<>();
  private final AtomicBoolean isRead = new AtomicBoolean();
  private final RequestEntity body;

  private Lingering(RequestEntity body) {
    Source<ByteString, ?> rest =
        body.withoutSizeLimit()
            .getDataBytes()
            .via(new Rest())
            .mapMaterializedValue(
                begun -> {
                  isRead.set(true);
                  return NotUsed.getInstance();
                });
    this.body =
        body.getContentLengthOption().isPresent()
            ? HttpEntities.create(
                body.getContentType(), body.getContentLengthOption().getAsLong(), rest)
            : HttpEntities.createChunked(body.getContentType(), rest);
  }

  /** Answers a request, also if that does not read all of its body. */
  public static CompletionStage<HttpResponse> answer(
      HttpRequest request,
      Function<HttpRequest, CompletionStage<HttpResponse>> routes,
      ActorSystem<?> system) {
    if (request.entity().isStrict()) {
      return routes.apply(request);
    }
    Lingering lingering = new Lingering(request.entity());
    boolean asksFirst = request.getHeader("Expect").isPresent();
    return routes
        .apply(request.withEntity(lingering.body))
        .thenApply(
            answer -> {
              if (!asksFirst && lingering.isRead.compareAndSet(false, true)) {
                lingering.body.withoutSizeLimit().getDataBytes().runWith(Sink.cancelled(), system);
              }
              return lingering.isRead.get() ? lingering.until(answer) : answer;
            });
  }

  /** Returns an answer that ends when the body does. */
  private HttpResponse until(HttpResponse answer) {
    return !end.isDone()
            && answer.entity() instanceof HttpEntity.Strict whole
            && !whole.getData().isEmpty()
        ? answer.withEntity(
            HttpEntities.create(
                whole.getContentType(),
                whole.getData().size(),
                Source.single(whole.getData()).concat(Source.completionStageSource(end))))
        : answer;
  }

  /** Passes a body on; reads and drops the rest if nobody wants it. */
  private final class Rest extends GraphStage<FlowShape<ByteString, ByteString>> {
    private final Inlet<ByteString> in = Inlet.create("in");
    private final Outlet<ByteString> out = Outlet.create("out");

    @Override
    public FlowShape<ByteString, ByteString> shape() {
      return FlowShape.of(in, out);
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
      return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
      Logic() {
        super(shape());
        AbstractInOutHandler handler =
            new AbstractInOutHandler() {
              @Override
              public void onPush() {
                ByteString bytes = grab(in);
                if (isClosed(out)) {
                  pull(in);
                } else {
                  push(out, bytes);
                }
              }

              @Override
              public void onPull() {
                pull(in);
              }

              @Override
              public void onDownstreamFinish(Throwable cause) {
                scheduleOnce("enough", LONGEST);
                if (!hasBeenPulled(in)) {
                  pull(in);
                }
              }
            };
        setHandler(in, handler);
        setHandler(out, handler);
      }

      @Override
      public void onTimer(Object timer) {
        completeStage();
      }

      @Override
      public void postStop() {
        end.complete(Source.empty());
      }
    }
  }
}
