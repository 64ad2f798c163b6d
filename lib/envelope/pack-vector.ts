/** The largest magnitude of a signed byte that its negative has too. */
const largest = 127

/**
 * Packs a vector of which only the direction counts, a signed byte for each component: the largest becomes 127. Of the
 * cosine of two face templates that changes less than a thousandth.
 */
export function packVector(vector: Float32Array): Uint8Array {
  const peak = vector.reduce((most, component) => Math.max(most, Math.abs(component)), 0)
  const scale = peak === 0 ? 0 : largest / peak
  return new Uint8Array(Int8Array.from(vector, (component) => Math.round(component * scale)).buffer)
}

/** Unpacks a vector to length 1; to length 0 where it has no direction. */
export function unpackVector(bytes: Uint8Array): Float32Array {
  const components = new Int8Array(bytes)
  const length = Math.sqrt(components.reduce((sum, component) => sum + component * component, 0))
  return Float32Array.from(components, (component) => (length === 0 ? 0 : component / length))
}
