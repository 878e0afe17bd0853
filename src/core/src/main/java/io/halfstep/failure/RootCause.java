package io.halfstep.failure;

/** What lies at the bottom of a failure. */
public final class RootCause {
  private RootCause() {}

  /** The last of the failure's causes, or itself. */
  public static Throwable of(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  /** Its message, or its name where it has none. */
  public static String message(Throwable failure) {
    Throwable root = of(failure);
    return root.getMessage() == null ? root.toString() : root.getMessage();
  }
}
