const LANE = 14;
const GAP_X = 20;
const GAP_Y = 26;
const SWEEPS = 6;

/**
 * Lays out an acyclic graph in layers, from top to bottom, in the manner of Sugiyama, Tagawa and Toda
 * (1981): a node's rank is the longest way to it, edges over several ranks get a place in each, nodes
 * of a rank are ordered by the mean place of their neighbours, and then moved towards it.
 *
 * @param nodes in topological order, each with its name and the names that it reads
 * @return the places and ranks of nodes by name, the points of edges, and the size of the whole
 */
export function layered(nodes, { width, height }) {
  const { ranks, cells, edges } = ranked(nodes, width);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks : [...ranks].reverse()) {
      order(rank, down ? 'above' : 'below');
    }
  }
  for (let sweep = 0; sweep < 2 * SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const rank of down ? ranks : [...ranks].reverse()) {
      place(rank, down ? 'above' : 'below');
    }
  }
  const left = Math.min(...ranks.flat().map((cell) => cell.x - cell.width / 2));
  const right = Math.max(...ranks.flat().map((cell) => cell.x + cell.width / 2));
  const top = (cell) => cell.rank * (height + GAP_Y);
  return {
    width: right - left,
    height: ranks.length * (height + GAP_Y) - GAP_Y,
    ranks: ranks.map((rank) => rank.filter((cell) => cell.name).map((cell) => cell.name)),
    places: new Map([...cells].map(([name, cell]) =>
      [name, { x: cell.x - left - width / 2, y: top(cell), rank: cell.rank }])),
    edges: edges.map((path) => path.flatMap((cell, i) => {
      const x = cell.x - left;
      const ends = [[x, top(cell)], [x, top(cell) + height]];
      return i === 0 ? ends.slice(1) : i === path.length - 1 ? ends.slice(0, 1) : ends;
    })),
  };
}

/** Makes a cell for each node, and lanes for edges where they pass other ranks. */
function ranked(nodes, width) {
  const ranks = [];
  const cells = new Map();
  const edges = [];
  const cell = (name, rank, itsWidth) => {
    const made = { name, rank, width: itsWidth, x: 0, above: [], below: [] };
    (ranks[rank] ??= []).push(made);
    return made;
  };
  for (const node of nodes) {
    const read = node.reads.map((name) => cells.get(name));
    const rank = Math.max(-1, ...read.map((from) => from.rank)) + 1;
    const to = cell(node.name, rank, width);
    cells.set(node.name, to);
    for (const from of read) {
      const path = [from];
      for (let lane = from.rank + 1; lane < rank; lane++) {
        path.push(cell(null, lane, LANE));
      }
      path.push(to);
      for (let i = 1; i < path.length; i++) {
        path[i - 1].below.push(path[i]);
        path[i].above.push(path[i - 1]);
      }
      edges.push(path);
    }
  }
  for (const rank of ranks) {
    pack(rank);
  }
  return { ranks, cells, edges };
}

/** Puts cells beside each other, around 0. */
function pack(rank) {
  const offsets = offsetsOf(rank);
  rank.forEach((cell, i) => {
    cell.x = offsets[i] - offsets.at(-1) / 2;
  });
}

/** The least distances of the cells' middles from the first one's. */
function offsetsOf(rank) {
  const offsets = [0];
  for (let i = 1; i < rank.length; i++) {
    offsets.push(offsets[i - 1] + (rank[i - 1].width + rank[i].width) / 2 + GAP_X);
  }
  return offsets;
}

function wish(cell, side) {
  const beside = cell[side];
  return beside.length ? beside.reduce((sum, other) => sum + other.x, 0) / beside.length : cell.x;
}

function order(rank, side) {
  if (rank.length === 1) return;
  const wishes = new Map(rank.map((cell) => [cell, wish(cell, side)]));
  rank.sort((a, b) => wishes.get(a) - wishes.get(b));
  pack(rank);
}

/**
 * Moves cells to where their squared distances from their wishes are least, in order and without
 * overlap: isotonic regression by pooling adjacent violators, less the distances that they need.
 */
function place(rank, side) {
  const offsets = offsetsOf(rank);
  const pools = [];
  rank.forEach((cell, i) => {
    let pool = { sum: wish(cell, side) - offsets[i], count: 1 };
    while (pools.length && pools.at(-1).sum / pools.at(-1).count > pool.sum / pool.count) {
      const before = pools.pop();
      pool = { sum: before.sum + pool.sum, count: before.count + pool.count };
    }
    pools.push(pool);
  });
  let i = 0;
  for (const { sum, count } of pools) {
    for (const end = i + count; i < end; i++) {
      rank[i].x = sum / count + offsets[i];
    }
  }
}
