/** Rounds every number in figures to four decimals, however deep. */
export function rounded<T>(figures: T): T {
  return JSON.parse(JSON.stringify(figures), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(4)) : value,
  ) as T
}
