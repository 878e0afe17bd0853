package io.halfstep.tensor;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks native libraries from jars once for each version of the jar, into JavaCPP's cache folder.
 * By default ONNX Runtime and RocksDB unpack theirs at each start into a new temporary file, which
 * stays if the process is killed.
 */
public final class NativeCache {
  private NativeCache() {}

  /**
   * Returns the folder with an unpacked library.
   *
   * @param resource its absolute name on the class path
   * @param file its name in the folder
   * @return null if there is no such resource, or no folder to unpack it to
   */
  public static @Nullable Path folder(String resource, String file) {
    URL library = NativeCache.class.getResource(resource);
    try {
      return library == null
          ? null
          : Loader.cacheResource(new URL(library + "#" + file)).toPath().getParent();
    } catch (IOException e) {
      return null;
    }
  }
}
