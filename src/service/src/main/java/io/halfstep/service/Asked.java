package io.halfstep.service;

import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;

/** A message whose sender waits for a reply. */
interface Asked<T> {
  ActorRef<StatusReply<T>> replyTo();

  /** Replies with a failure. */
  default void refuse(Throwable why) {
    replyTo().tell(StatusReply.error(why));
  }

  /** Replies that the request is not possible in the current state. */
  default void refuse(String why) {
    replyTo().tell(StatusReply.error(why));
  }
}
