import { element, svg } from './dom.js';
import { number } from './format.js';

const WIDTH = 320;
const HEIGHT = 120;

/** Draws how a layer's input is distributed, with the range that it is quantized to. */
export function histogram({ tensor, from, width, counts, bits, lowest, highest }) {
  const end = from + width * counts.length;
  const least = Math.min(from, lowest ?? from);
  const greatest = Math.max(end, highest ?? end);
  const x = (value) => (WIDTH * (value - least)) / (greatest - least || 1);
  const most = Math.log1p(Math.max(1, ...counts));
  const bars = counts.map((count, i) => {
    const height = (HEIGHT * Math.log1p(count)) / most;
    return svg('rect', { x: x(from + i * width), y: HEIGHT - height, height,
      width: Math.max(0.5, x(least + width) - 0.3) });
  });
  const range = bits === undefined ? [] : [svg('rect', { class: 'range', x: x(lowest), y: 0,
    width: Math.max(1, x(highest) - x(lowest)), height: HEIGHT })];
  return element('figure', {},
    svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: 'histogram',
      'aria-label': `Histogram of ${tensor}, from ${number(from)} to ${number(end)}` }, ...range, ...bars),
    element('p', { class: 'scale' }, element('span', {}, number(least)), element('span', {}, number(greatest))),
    element('figcaption', {}, `Values of ${tensor}, by the logarithm of their number. `, bits === undefined
      ? 'They stay in float.'
      : `Shaded: the range of ${bits} bits, ${number(lowest)} to ${number(highest)}.`));
}
