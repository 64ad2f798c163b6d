import sharp from 'sharp'

/** A deterministic source of numbers from 0 to 1. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A landscape: sky and rugged hills behind one another, textured everywhere, since phantoms live in textures. */
export async function paintLandscape(seed: number, width = 1920, height = 1080): Promise<Buffer> {
  const random = createRandom(seed)
  const pixels = Buffer.alloc(width * height * 3)
  const ridges = [0.3, 0.45, 0.6, 0.75].map((level) => drawRidge(random, width, height, level))
  const colours = Array.from({ length: 5 }, () => [random() * 255, random() * 255, random() * 255])
  for (let x = 0; x < width; x++) {
    for (let y = 0, layer = 0; y < height; y++) {
      while (layer < ridges.length && y > (ridges[layer]?.[x] ?? height)) layer++
      const [red = 0, green = 0, blue = 0] = colours[layer] ?? []
      const shade = 0.6 + 0.4 * Math.sin((x * (layer + 1)) / 37 + Math.sin(y / 23) * 4) * random()
      const at = (y * width + x) * 3
      pixels[at] = red * shade
      pixels[at + 1] = green * shade
      pixels[at + 2] = blue * shade
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .blur(1.2)
    .jpeg()
    .toBuffer()
}

/** Noise of every scale, from pairs of pixels to a quarter of the picture. */
export async function paintNoise(seed: number, width = 1280, height = 960): Promise<Buffer> {
  const random = createRandom(seed)
  const sum = new Uint8Array(width * height * 3)
  for (const cell of [2, 8, 32, 128, 320]) {
    const raw = { width: Math.ceil(width / cell), height: Math.ceil(height / cell) }
    const noise = new Uint8Array(raw.width * raw.height * 3).map(() => random() * 52)
    const grown = await sharp(noise, { raw: { ...raw, channels: 3 } })
      .resize(width, height, { fit: 'fill' })
      .raw()
      .toBuffer()
    grown.forEach((value, at) => (sum[at] = (sum[at] ?? 0) + value))
  }
  return sharp(sum, { raw: { width, height, channels: 3 } })
    .jpeg()
    .toBuffer()
}

function drawRidge(random: () => number, width: number, height: number, level: number): number[] {
  const waves = [400, 170, 60, 21, 7].map((length) => ({ length, phase: random() * 7 }))
  return Array.from({ length: width }, (_, x) => {
    const bumps = waves.map(({ length, phase }) => Math.sin(x / length + phase) * length * 0.3)
    return height * level + bumps.reduce((total, bump) => total + bump, 0)
  })
}
