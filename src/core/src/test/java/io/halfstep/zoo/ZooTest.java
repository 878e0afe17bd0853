package io.halfstep.zoo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ZooTest {
  @TempDir Path folder;

  static Stream<String> names() {
    List<String> all = new ArrayList<>(SmallNetworks.names());
    all.addAll(NodeTests.names());
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void explore(String name) throws Exception {
    ZooNetwork network =
        name.contains("/") ? NodeTests.write(name, folder) : SmallNetworks.write(name, folder);
    for (ZooSetting setting : ZooSetting.values()) {
      try {
        System.out.println("ZOO " + name + " " + setting + " " + new ZooRun(network, folder).measure(setting));
      } catch (RuntimeException e) {
        System.out.println("ZOO " + name + " " + setting + " FAIL " + e);
      }
    }
  }
}
