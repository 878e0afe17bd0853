package io.halfstep.source;

/** A sample is of no use. It is counted and left out; the run goes on. */
final class RejectedException extends Exception {
  private final String reason;

  /**
   * @param reason one of a few; rejections are counted by it
   * @param found what was found in this sample
   */
  RejectedException(String reason, String found) {
    super(found);
    this.reason = reason;
  }

  String reason() {
    return reason;
  }

  String found() {
    return String.valueOf(getMessage());
  }
}
