import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Makes token sequences from the sentences of texts, as BERT's uncased tokenizer does (greedy
 * WordPiece), each as long as its sentence is.
 *
 * <pre>  java -cp 'target/lib/*' MiniLmSentences.java TOKENIZER.json OUT TEXT… </pre>
 *
 * Every other sentence goes to {@code OUT/calibration}, the rest to {@code OUT/test}; below each are
 * {@code input_ids}, {@code attention_mask} and {@code token_type_ids} with a .npy file per sentence,
 * the short ones first, so that sentences of one length make a batch.
 */
public class MiniLmSentences {
  private static final int FEWEST = 6;
  private static final int MOST = 64;

  public static void main(String[] arguments) throws IOException {
    JsonNode vocabulary =
        new ObjectMapper().readTree(Path.of(arguments[0]).toFile()).at("/model/vocab");
    List<long[]> sentences = new ArrayList<>();
    for (String text : Arrays.asList(arguments).subList(2, arguments.length)) {
      for (String sentence : sentences(Files.readString(Path.of(text)))) {
        long[] ids = tokens(sentence, vocabulary);
        if (ids.length >= FEWEST) {
          sentences.add(ids);
        }
      }
    }
    sentences.sort(Comparator.comparingInt(ids -> ids.length));
    for (int i = 0; i < sentences.size(); i++) {
      long[] ids = sentences.get(i);
      long[] ones = new long[ids.length];
      Arrays.fill(ones, 1);
      Path folder = Path.of(arguments[1], i % 2 == 0 ? "calibration" : "test");
      write(folder.resolve("input_ids"), i, ids);
      write(folder.resolve("attention_mask"), i, ones);
      write(folder.resolve("token_type_ids"), i, new long[ids.length]);
    }
  }

  private static List<String> sentences(String text) {
    return Stream.of(text.split("(?<=[.!?;:])\\s+|\\n\\s*\\n")).filter(s -> !s.isBlank()).toList();
  }

  private static long[] tokens(String sentence, JsonNode vocabulary) {
    List<Integer> ids = new ArrayList<>(List.of(vocabulary.get("[CLS]").asInt()));
    for (String word : sentence.toLowerCase(Locale.ROOT).split("\\s+|(?=\\p{Punct})|(?<=\\p{Punct})")) {
      for (int from = 0, to = word.length(); from < word.length() && ids.size() < MOST - 1; to--) {
        JsonNode piece =
            to == from
                ? vocabulary.get("[UNK]")
                : vocabulary.get((from == 0 ? "" : "##") + word.substring(from, to));
        if (piece != null) {
          ids.add(piece.asInt());
          from = to == from ? word.length() : to;
          to = word.length() + 1;
        }
      }
    }
    ids.add(vocabulary.get("[SEP]").asInt());
    return ids.stream().mapToLong(Integer::longValue).toArray();
  }

  /** A NumPy array {@code [1, length]} of int64. */
  private static void write(Path folder, int number, long[] values) throws IOException {
    String header =
        "{'descr': '<i8', 'fortran_order': False, 'shape': (1, %d), }".formatted(values.length);
    String padded = header + " ".repeat(63 - (10 + header.length()) % 64) + "\n";
    ByteBuffer bytes =
        ByteBuffer.allocate(10 + padded.length() + values.length * Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    bytes.put((byte) 0).putShort((short) padded.length());
    bytes.put(padded.getBytes(StandardCharsets.US_ASCII));
    bytes.asLongBuffer().put(values);
    Files.createDirectories(folder);
    Files.write(folder.resolve("%05d.npy".formatted(number)), bytes.array());
  }
}
