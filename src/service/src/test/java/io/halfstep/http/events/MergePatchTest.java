package io.halfstep.http.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MergePatchTest {
  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) new ObjectMapper().readTree(text);
  }

  @Test
  void holdsWhatHasChangedAndNothingElse() throws Exception {
    ObjectNode before =
        json("{'a':1,'b':{'c':2,'d':3},'e':[1,2],'f':'x','g':4}".replace('\'', '"'));
    ObjectNode after = json("{'a':1,'b':{'c':2,'d':5},'e':[1],'g':{'h':6}}".replace('\'', '"'));

    assertThat(MergePatch.between(before, after))
        .isEqualTo(json("{'b':{'d':5},'e':[1],'f':null,'g':{'h':6}}".replace('\'', '"')));
    assertThat(MergePatch.between(after, after)).isEmpty();
  }

  @Property
  void appliedItGivesWhatItWasMadeFor(@ForAll long seed) {
    Random random = new Random(seed);
    ObjectNode before = object(random, 3);
    ObjectNode after = object(random, 3);
    JsonNode untouched = before.deepCopy();

    assertThat(MergePatch.applied(before, MergePatch.between(before, after))).isEqualTo(after);
    assertThat(before).isEqualTo(untouched);
  }

  private static ObjectNode object(Random random, int depth) {
    ObjectNode object = JsonNodeFactory.instance.objectNode();
    for (String name : new String[] {"a", "b", "c", "d"}) {
      switch (random.nextInt(depth > 0 ? 4 : 3)) {
        case 0 -> object.put(name, random.nextInt(3));
        case 1 -> object.putArray(name).add(random.nextInt(3));
        case 2 -> {}
        default -> object.set(name, object(random, depth - 1));
      }
    }
    return object;
  }
}
