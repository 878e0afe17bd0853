package io.halfstep.http.access;

import io.halfstep.failure.InvalidInputException;
import io.halfstep.service.settings.ServiceSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** The service's certificate for TLS. New connections get the one that is in its file then. */
public final class Certificate {
  private final Supplier<SSLContext> current;

  private Certificate(Supplier<SSLContext> current) {
    this.current = current;
  }

  /**
   * Reads the keystore.
   *
   * @throws InvalidInputException if it can't be read, or has no private key
   */
  public static Certificate of(Path keystore, ServiceSettings settings) {
    List<Path> files =
        Stream.concat(Stream.of(keystore), Stream.ofNullable(settings.keystorePasswordFile()))
            .toList();
    return new Certificate(new Reloaded<>(files, () -> context(keystore, settings)));
  }

  /** Returns the server's side of a new connection. */
  public SSLEngine engine() {
    SSLEngine engine = current.get().createSSLEngine();
    engine.setUseClientMode(false);
    return engine;
  }

  private static SSLContext context(Path keystore, ServiceSettings settings) {
    char[] password = settings.keystorePassword();
    try (InputStream in = Files.newInputStream(keystore)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, password);
      if (!hasKey(keys)) {
        throw new InvalidInputException(
            "halfstep.service.http.tls: %s has no private key, expected one with its certificate"
                .formatted(keystore));
      }
      KeyManagerFactory factory =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      factory.init(keys, password);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(factory.getKeyManagers(), null, null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new InvalidInputException(
          "halfstep.service.http.tls: %s is not a PKCS12 keystore that its password opens: %s"
              .formatted(keystore, e.getMessage()),
          e);
    }
  }

  private static boolean hasKey(KeyStore keys) throws GeneralSecurityException {
    for (String alias : Collections.list(keys.aliases())) {
      if (keys.isKeyEntry(alias)) {
        return true;
      }
    }
    return false;
  }
}
