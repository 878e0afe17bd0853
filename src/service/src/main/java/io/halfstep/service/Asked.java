package io.halfstep.service;

import akka.actor.typed.ActorRef;
import akka.pattern.StatusReply;

/** A message that somebody waits for the answer to. */
interface Asked<T> {
  ActorRef<StatusReply<T>> replyTo();

  /** Answers with a failure. */
  default void refuse(Throwable why) {
    replyTo().tell(StatusReply.error(why));
  }

  /** Answers that what is asked for is not possible as things are. */
  default void refuse(String why) {
    replyTo().tell(StatusReply.error(why));
  }
}
