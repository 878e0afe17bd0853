package io.halfstep.source;

/** A sample is invalid. It is counted and left out; the run continues. */
final class RejectedException extends Exception {
  private final String reason;

  /**
   * @param reason the kind of error, by which rejections are counted
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
