package io.halfstep.rounding.scale;

import io.halfstep.quantizer.Codebook;
import io.halfstep.quantizer.Encoding;
import io.halfstep.quantizer.SignedSums;
import io.halfstep.quantizer.WeightLevels;
import io.halfstep.quantizer.WeightLevels.Kind;
import io.halfstep.rounding.RoundingProblem;
import io.halfstep.rounding.row.RowProblem;
import io.halfstep.rounding.row.SolverProgress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Chooses the levels of a codebook by L <em>after</em> rounding, as Lloyd's algorithm does by the
 * error of the weights: it alternates between the best levels for the indices ({@link
 * LevelEquations}) and new indices for the levels. The rows that share a table take new levels only
 * if the sum of their L falls. Sums of several bases remain sums; with kept zeros, the level 0
 * remains.
 */
public final class LevelSearch {
  private static final int ALTERNATIONS = 6;
  // fixed, so that sums don't depend on the number of threads
  private static final int ROWS = 32;

  private final RoundingProblem problem;
  private final TrialRounding rounding;
  private final SolverProgress progress;
  private final Encoding given;
  private Codebook codebook;
  private final TrialRounding.Result[] rounded;

  /**
   * Creates a search.
   *
   * @param problem has an encoding whose levels {@linkplain #isFor may be chosen}
   * @param known indices of each row on it
   * @param rounding rounds each row in each trial
   */
  public LevelSearch(
      RoundingProblem problem, int[][] known, TrialRounding rounding, SolverProgress progress) {
    this.problem = problem;
    this.rounding = rounding;
    this.progress = progress;
    given = problem.encoding();
    codebook = codebookOf(given);
    rounded = new TrialRounding.Result[problem.out()];
    eachRow(row -> rounded[row] = rounding.round(row, posed(row, given), known[row]));
  }

  /** Returns whether the levels of an encoding have values that may be chosen. */
  public static boolean isFor(Encoding encoding) {
    WeightLevels levels = encoding.levels();
    return levels.kind() == Kind.CODEBOOK
        || (levels.kind() == Kind.BINARY && levels.parameter() > 1);
  }

  /** Returns how often a search rounds all rows at most. */
  public static int trials(Encoding encoding) {
    return isFor(encoding) ? 1 + ALTERNATIONS : 0;
  }

  private static Codebook codebookOf(Encoding encoding) {
    Codebook codebook = encoding.codebook();
    if (codebook == null || !isFor(encoding)) {
      throw new IllegalArgumentException("the levels of " + encoding + " are fixed");
    }
    return codebook;
  }

  /** Runs the search. */
  public void run() {
    boolean falls = true;
    for (int i = 0; falls && i < ALTERNATIONS; i++) {
      falls = attempt();
    }
  }

  /** Returns the encoding that was chosen. */
  public Encoding encoding() {
    return given.withCodebook(codebook);
  }

  /** Returns the indices of each row on {@link #encoding}. */
  public int[][] levels() {
    return Arrays.stream(rounded).map(TrialRounding.Result::levels).toArray(int[][]::new);
  }

  private boolean attempt() {
    int size = codebook.size();
    float[] old = codebook.values();
    float[] tried = new float[old.length];
    int[][] places = new int[codebook.tables()][];
    for (int table = 0; table < places.length; table++) {
      double[] values = changed(table);
      places[table] = places(values);
      for (int i = 0; i < size; i++) {
        tried[table * size + places[table][i]] = (float) values[i];
      }
    }
    Encoding on = given.withCodebook(new Codebook(codebook.levels(), codebook.tables(), tried));
    TrialRounding.Result[] results = new TrialRounding.Result[problem.out()];
    eachRow(
        row -> {
          int[] place = places[places.length == 1 ? 0 : row];
          int[] known = Arrays.stream(rounded[row].levels()).map(index -> place[index]).toArray();
          results[row] = rounding.round(row, posed(row, on), known);
        });
    boolean falls = false;
    for (int table = 0; table < places.length; table++) {
      int from = firstRow(table);
      int to = firstRow(table + 1);
      if (TrialRounding.loss(results, from, to) < TrialRounding.loss(rounded, from, to)) {
        System.arraycopy(results, from, rounded, from, to - from);
        falls = true;
      } else {
        System.arraycopy(old, table * size, tried, table * size, size);
      }
    }
    codebook = new Codebook(codebook.levels(), codebook.tables(), tried);
    return falls;
  }

  /** Returns the first row of a table. */
  private int firstRow(int table) {
    return codebook.tables() == 1 ? table * problem.out() : table;
  }

  /** Returns the best values for the current indices, in the order of these. */
  private double[] changed(int table) {
    int first = firstRow(table);
    int rows = firstRow(table + 1) - first;
    LevelEquations[] parts = new LevelEquations[(rows - 1) / ROWS + 1];
    Encoding current = encoding();
    IntStream.range(0, parts.length)
        .parallel()
        .forEach(
            part -> {
              parts[part] = new LevelEquations(codebook.size());
              for (int r = part * ROWS; r < Math.min(rows, (part + 1) * ROWS); r++) {
                progress.check();
                parts[part].add(posed(first + r, current), rounded[first + r].levels());
              }
            });
    for (int part = 1; part < parts.length; part++) {
      parts[0].add(parts[part]);
    }
    float[] values = codebook.table(first);
    double[] changes = parts[0].changes(basis(values));
    return IntStream.range(0, values.length).mapToDouble(i -> values[i] + changes[i]).toArray();
  }

  /** Returns how the values depend on what may be chosen: α, or the values themselves. */
  private double[][] basis(float[] values) {
    if (codebook.levels().kind() == Kind.BINARY) {
      return SignedSums.signs(SignedSums.alphas(values));
    }
    double[][] identity = new double[values.length][values.length];
    for (int i = 0; i < values.length; i++) {
      identity[i][i] = values[i] == 0 && problem.keepsZeros() ? 0 : 1;
    }
    return identity;
  }

  /** Returns the place of each value in ascending order. */
  private static int[] places(double[] values) {
    int[] places = new int[values.length];
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .mapToInt(i -> i)
            .toArray();
    for (int i = 0; i < order.length; i++) {
      places[order[i]] = i;
    }
    return places;
  }

  private RowProblem posed(int row, Encoding on) {
    return new RowProblem(problem, row, on, problem.reach());
  }

  private void eachRow(IntConsumer step) {
    IntStream.range(0, problem.out())
        .parallel()
        .forEach(
            row -> {
              step.accept(row);
              progress.step();
            });
  }
}
