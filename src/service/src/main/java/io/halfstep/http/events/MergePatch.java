package io.halfstep.http.events;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeSet;

/**
 * JSON Merge Patch (RFC 7396): an object with the changed fields; null for removed ones, arrays and
 * scalars as a whole.
 */
public final class MergePatch {
  private MergePatch() {}

  /** Returns the patch that turns {@code before} into {@code after}; empty if they are equal. */
  public static ObjectNode between(ObjectNode before, ObjectNode after) {
    ObjectNode patch = JsonNodeFactory.instance.objectNode();
    TreeSet<String> names = new TreeSet<>();
    before.fieldNames().forEachRemaining(names::add);
    after.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      JsonNode then = before.get(name);
      JsonNode now = after.get(name);
      if (now == null) {
        patch.putNull(name);
      } else if (then instanceof ObjectNode was && now instanceof ObjectNode is) {
        ObjectNode inside = between(was, is);
        if (!inside.isEmpty()) {
          patch.set(name, inside);
        }
      } else if (!now.equals(then)) {
        patch.set(name, now);
      }
    }
    return patch;
  }

  /** Applies a patch to a copy of an object. */
  public static ObjectNode applied(ObjectNode before, JsonNode patch) {
    ObjectNode after = before.deepCopy();
    for (Map.Entry<String, JsonNode> change : patch.properties()) {
      JsonNode now = change.getValue();
      if (now.isNull()) {
        after.remove(change.getKey());
      } else if (now.isObject()) {
        JsonNode then = before.get(change.getKey());
        after.set(
            change.getKey(),
            applied(then instanceof ObjectNode was ? was : after.objectNode(), now));
      } else {
        after.set(change.getKey(), now);
      }
    }
    return after;
  }
}
