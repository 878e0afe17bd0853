package io.halfstep.cli;

import java.io.PrintWriter;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Handles Ctrl-C and SIGTERM. A signal interrupts the command's thread, which cancels its work and
 * removes partial files; the process then exits with 130 or 143. A second signal ends the process
 * at once.
 *
 * <p>It handles signals instead of using a shutdown hook, because shutdown hooks run concurrently,
 * and ONNX Runtime's would unload its libraries while sessions are still running. The JDK's {@code
 * sun.misc.Signal} is in the supported module {@code jdk.unsupported}, but compilers warn about it,
 * hence the reflection. Without it, a signal just ends the virtual machine.
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

  /** Starts handling signals; called by the thread that runs the command. */
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
      // the signal does not exist here
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
   * Returns the process's exit code after the command has ended.
   *
   * @param code the command's own exit code
   */
  int end(int code) {
    if (!signalled.get() || code == 0) {
      return code;
    }
    err.println("halfstep: interrupted");
    return exitCode;
  }
}
