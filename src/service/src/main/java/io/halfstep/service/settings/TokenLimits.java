package io.halfstep.service.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.halfstep.failure.InvalidInputException;
import io.halfstep.plan.Section;
import java.util.Map;

/**
 * What a client may send; 0: no limit.
 *
 * @param requestsPerSecond requests per second
 * @param bytesPerSecond bytes of their bodies per second, as they are sent
 * @param bodyBytes the largest body in bytes, as it is sent
 */
public record TokenLimits(long requestsPerSecond, long bytesPerSecond, long bodyBytes) {
  /**
   * Reads limits.
   *
   * @param given by key, as in {@code http.limits}
   * @param place where they are given, for messages
   * @param defaults those of the role, for missing keys
   * @throws InvalidInputException names the place and the key
   */
  static TokenLimits of(Map<String, String> given, String place, Config defaults) {
    Config limits = ConfigFactory.parseMap(given, place).withFallback(defaults);
    SettingRules.limits(new Section(limits.root(), ""));
    return new TokenLimits(
        limits.getLong("requests-per-second"),
        limits.getBytes("bytes-per-second"),
        limits.getBytes("body-bytes"));
  }

  /** Returns whether there is no limit. */
  public boolean areOff() {
    return requestsPerSecond == 0 && bytesPerSecond == 0 && bodyBytes == 0;
  }
}
