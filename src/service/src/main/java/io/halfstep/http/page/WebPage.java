package io.halfstep.http.page;

import akka.http.javadsl.model.ContentType;
import akka.http.javadsl.model.ContentTypes;
import akka.http.javadsl.model.HttpEntities;
import akka.http.javadsl.model.HttpHeader;
import akka.http.javadsl.model.HttpResponse;
import akka.http.javadsl.model.headers.EntityTag;
import akka.http.javadsl.model.headers.RawHeader;
import akka.http.javadsl.server.AllDirectives;
import akka.http.javadsl.server.PathMatchers;
import akka.http.javadsl.server.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The web page at {@code /}, and its scripts and styles at {@code /ui/NAME}. They are the same for
 * everyone and hold nothing about jobs, so they need no token; the page asks for it.
 */
public final class WebPage extends AllDirectives {
  /** Only the page's own files are loaded, scripts make no markup from text, nobody frames it. */
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
          + " require-trusted-types-for 'script'; trusted-types 'none'";

  private static final List<HttpHeader> HEADERS =
      List.of(
          RawHeader.create("Content-Security-Policy", POLICY),
          RawHeader.create("X-Content-Type-Options", "nosniff"),
          RawHeader.create("Referrer-Policy", "no-referrer"),
          RawHeader.create("Cross-Origin-Opener-Policy", "same-origin"),
          RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"),
          RawHeader.create("Cache-Control", "no-cache")); // but kept, and asked for by its tag

  private static final Pattern NAME = Pattern.compile("[a-z-]{1,40}\\.(js|css|svg)");
  private static final Map<String, ContentType> TYPES =
      Map.of(
          "js", ContentTypes.parse("text/javascript; charset=UTF-8"),
          "css", ContentTypes.parse("text/css; charset=UTF-8"),
          "svg", ContentTypes.parse("image/svg+xml"));

  private final Map<String, PageFile> files = new ConcurrentHashMap<>();

  private record PageFile(EntityTag tag, HttpResponse response) {}

  /** Returns the routes of the page's files. */
  public Route all() {
    return concat(
        pathSingleSlash(() -> get(() -> send("index.html", ContentTypes.TEXT_HTML_UTF8))),
        path(
            PathMatchers.segment("ui").slash(PathMatchers.segment()),
            name -> get(() -> send(name))));
  }

  private Route send(String name) {
    Matcher extension = NAME.matcher(name);
    ContentType type = extension.matches() ? TYPES.get(extension.group(1)) : null;
    return type == null ? reject() : send(name, type);
  }

  private Route send(String name, ContentType type) {
    PageFile file = files.computeIfAbsent(name, missing -> read(missing, type));
    return file == null
        ? reject()
        : respondWithHeaders(
            HEADERS, () -> conditional(file.tag(), () -> complete(file.response())));
  }

  /** Returns null if there is no such file. */
  private static @Nullable PageFile read(String name, ContentType type) {
    try (InputStream in = WebPage.class.getResourceAsStream(name)) {
      if (in == null) {
        return null;
      }
      byte[] bytes = in.readAllBytes();
      return new PageFile(
          EntityTag.create(checksum(bytes), false),
          HttpResponse.create().withEntity(HttpEntities.create(type, bytes)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String checksum(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
