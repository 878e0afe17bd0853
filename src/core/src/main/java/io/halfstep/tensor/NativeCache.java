package io.halfstep.tensor;

import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Native libraries from jars, unpacked once for each version of the jar into the folder where
 * JavaCPP keeps ND4J's. Left to themselves, ONNX Runtime and RocksDB unpack theirs at each start
 * into a new temporary file, which stays when the process is killed.
 */
public final class NativeCache {
  private NativeCache() {}

  /**
   * The folder that a library lies in.
   *
   * @param resource its name on the class path, absolute
   * @param file the name that it is to have in the folder
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
