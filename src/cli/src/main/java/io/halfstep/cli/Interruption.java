package io.halfstep.cli;

import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C and SIGTERM. The command's thread is interrupted, cancels what it started, removes what it
 * half wrote, and ends the process with 130 or 143. A second signal ends it at once.
 *
 * <p>The signals themselves are handled, not the shutdown of the virtual machine that they would
 * begin: shutdown hooks run all at once, and ONNX Runtime's takes its libraries down under the
 * sessions that are still at work. The JDK's {@code sun.misc.Signal} is in the supported module
 * {@code jdk.unsupported}, but compilers warn of its name: hence by reflection. Where it is missing
 * the virtual machine just ends.
 */
final class Interruption {
  private static final int SIGNALLED = 128;

  private final Thread command = Thread.currentThread();
  private final AtomicBoolean signalled = new AtomicBoolean();
  private final PrintWriter err;
  private volatile int exitCode;

  private Interruption(PrintWriter err) {
    this.err = err;
  }

  /** Watches from now on; called by the thread that runs the command. */
  static Interruption watch(PrintWriter err) {
    Interruption interruption = new Interruption(err);
    interruption.handle("INT");
    interruption.handle("TERM");
    return interruption;
  }

  private void handle(String name) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler onSignal =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              stop((int) signal.getMethod("getNumber").invoke(arguments[0]));
              return null;
            }
            return method.invoke(this, arguments);
          };
      signal
          .getMethod("handle", signal, handler)
          .invoke(
              null,
              signal.getConstructor(String.class).newInstance(name),
              Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, onSignal));
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // no such signal here
    }
  }

  private void stop(int signal) {
    exitCode = SIGNALLED + signal;
    if (signalled.getAndSet(true)) {
      Runtime.getRuntime().halt(exitCode);
    }
    command.interrupt();
  }

  /**
   * The command is over, done or undone.
   *
   * @param code how it ended by itself
   * @return the process's exit code
   */
  int end(int code) {
    if (!signalled.get() || code == 0) {
      return code;
    }
    err.println("halfstep: interrupted");
    return exitCode;
  }
}
