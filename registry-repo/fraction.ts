/**
 * An exact rational number; `denominator` is positive. The gate compares fractions, so that no rounding decides a
 * promotion.
 */
export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

/** Makes a fraction. @throws {RangeError} unless the denominator is positive */
export const fraction = (numerator: bigint | number, denominator: bigint | number = 1n): Fraction => {
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  if (d <= 0n) throw new RangeError(`a fraction needs a positive denominator, got ${d}`);
  return { numerator: n, denominator: d };
};

export const ZERO = fraction(0n);

/**
 * The number a person wrote, not the nearest double: `0.85` becomes 85/100.
 * The shortest decimal that reads back as the same double is what was written, for up to 15 digits.
 *
 * @throws {RangeError} for NaN and infinities
 */
export function fromDecimal(value: number): Fraction {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is not a number to compare with`);
  const [, sign = '', whole = '0', decimals = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(sign + whole + decimals);
  return shift >= 0 ? fraction(digits * 10n ** BigInt(shift)) : fraction(digits, 10n ** BigInt(-shift));
}

export const plus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const times = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.numerator, a.denominator * b.denominator);

/** Negative, zero or positive as a is less than, equal to or greater than b: exactly. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The nearest double (to within one unit in the last place), for showing; never for comparing. */
export function toNumber({ numerator, denominator }: Fraction): number {
  const scale = 10n ** 18n;
  const [n, d] = [Number(numerator), Number(denominator)];
  if (Math.abs(n) <= Number.MAX_SAFE_INTEGER && d <= Number.MAX_SAFE_INTEGER) return n / d;
  return Number((numerator * scale) / denominator) / 1e18;
}
