const LARGE = 9999;
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A number with three significant digits; whole numbers with all. */
export function number(value) {
  return Number.isInteger(value) || Math.abs(value) > LARGE
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

export function percent(share) {
  return `${number(100 * share)} %`;
}

export function bytes(value) {
  const unit = value < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3));
  return `${number(value / 1000 ** unit)} ${UNITS[unit]}`;
}

export function date(iso) {
  return new Date(iso).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
