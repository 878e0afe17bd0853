package io.halfstep.cli.client;

import io.halfstep.failure.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilderException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.util.Collection;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The trusted certificate authorities, and messages for untrusted certificates. */
record Authorities(Collection<? extends Certificate> certificates) {
  /**
   * Reads concatenated certificates in PEM.
   *
   * @throws InvalidInputException if there are none
   */
  static Authorities read(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (!certificates.isEmpty()) {
        return new Authorities(certificates);
      }
    } catch (IOException | CertificateException e) {
      throw new InvalidInputException(
          "--ca %s: can't be read as certificates in PEM: %s".formatted(file, e.getMessage()), e);
    }
    throw new InvalidInputException("--ca " + file + ": holds no certificate, expected PEM");
  }

  /** Returns a TLS context that trusts these certificates only. */
  SSLContext context() {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate certificate : certificates) {
        trusted.setCertificateEntry("authority " + trusted.size(), certificate);
      }
      TrustManagerFactory managers =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("no TLS here", e);
    }
  }

  /** Explains a failed connection if the server's certificate is the cause. */
  static Optional<String> complaint(URI server, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException
          || cause instanceof CertificateNotYetValidException) {
        return Optional.of(
            "the service's certificate is out of date (%s); it needs a new one, or this machine's"
                    .formatted(cause.getMessage())
                + " clock is wrong");
      }
      if (cause instanceof CertPathBuilderException) {
        return Optional.of(
            "the service's certificate is signed by an authority that is not trusted here; name"
                + " the authority's certificate with --ca FILE.pem (Java says: "
                + cause.getMessage()
                + ")");
      }
      if (cause instanceof CertificateException && cause.getCause() == null) {
        return Optional.of(
            "the service's certificate is not for '%s'; use the name in its certificate (%s)"
                .formatted(server.getHost(), cause.getMessage()));
      }
      if (String.valueOf(cause.getMessage()).contains("nrecognized SSL message")) {
        return Optional.of("it does not use TLS; try http:// in --url");
      }
    }
    return Optional.empty();
  }
}
