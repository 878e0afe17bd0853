package io.halfstep.cli;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Changes some fields of a model to unusual values; each message stays well-formed. */
final class ModelMutation {
  private static final long[] INTEGERS = {
    0, 1, 2, 3, 7, 10, 16, -1, -2, 255, 65_536, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final String[] TEXTS = {
    "", "x", "y", "w1", "c1", "r1", "SAME_UPPER", "Softmax", "If", "Conv", "MatMul", "ä\n\u0000"
  };

  /** A field of a message, or one element of a repeated field. */
  private record Place(Message.Builder message, FieldDescriptor field, int index) {}

  private final Random random;

  ModelMutation(long seed) {
    random = new Random(seed);
  }

  byte[] of(byte[] model) {
    try {
      ModelProto.Builder builder = ModelProto.parseFrom(model).toBuilder();
      for (int n = 1 + random.nextInt(3); n > 0; n--) {
        List<Place> places = new ArrayList<>();
        collect(builder, places);
        change(places.get(random.nextInt(places.size())));
      }
      return builder.build().toByteArray();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static void collect(Message.Builder message, List<Place> places) {
    for (FieldDescriptor field : message.getAllFields().keySet()) {
      boolean nested = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
      if (field.isRepeated()) {
        // a few elements of long arrays suffice
        int count = message.getRepeatedFieldCount(field);
        for (int i = 0; i < (nested ? count : Math.min(count, 6)); i++) {
          places.add(new Place(message, field, i));
          if (nested) {
            collect(message.getRepeatedFieldBuilder(field, i), places);
          }
        }
      } else {
        places.add(new Place(message, field, -1));
        if (nested) {
          collect(message.getFieldBuilder(field), places);
        }
      }
    }
  }

  private void change(Place place) {
    Message.Builder message = place.message();
    FieldDescriptor field = place.field();
    if (place.index() < 0) {
      if (random.nextInt(8) == 0 || field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        message.clearField(field);
      } else {
        message.setField(field, value(field, message.getField(field)));
      }
      return;
    }
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < message.getRepeatedFieldCount(field); i++) {
      elements.add(message.getRepeatedField(field, i));
    }
    int action = random.nextInt(4);
    if (action == 0) {
      elements.remove(place.index());
    } else if (action == 1) {
      elements.add(elements.get(random.nextInt(elements.size())));
    } else if (action == 2 || field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      elements.set(place.index(), elements.get(random.nextInt(elements.size())));
    } else {
      elements.set(place.index(), value(field, elements.get(place.index())));
    }
    message.clearField(field);
    elements.forEach(element -> message.addRepeatedField(field, element));
  }

  private Object value(FieldDescriptor field, Object old) {
    long integer = INTEGERS[random.nextInt(INTEGERS.length)];
    return switch (field.getJavaType()) {
      case INT -> (int) integer;
      case LONG -> integer;
      case FLOAT -> random.nextBoolean() ? Float.NaN : (float) integer;
      case DOUBLE -> random.nextBoolean() ? Double.NaN : (double) integer;
      case BOOLEAN -> random.nextBoolean();
      case STRING -> TEXTS[random.nextInt(TEXTS.length)];
      case BYTE_STRING -> bytes((ByteString) old);
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE -> old;
    };
  }

  private ByteString bytes(ByteString old) {
    if (random.nextBoolean()) {
      return old.substring(0, random.nextInt(old.size() + 1));
    }
    byte[] noise = old.toByteArray();
    random.nextBytes(noise);
    return ByteString.copyFrom(noise);
  }
}
