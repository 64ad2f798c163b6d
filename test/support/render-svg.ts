// Started by render-document.ts: reads an SVG on standard input, writes an image to standard output.
import { buffer } from 'node:stream/consumers'
import sharp from 'sharp'

const [format = 'png', quality = '90'] = process.argv.slice(2)
const image = sharp(await buffer(process.stdin)).removeAlpha()
const encoded =
  format === 'jpeg'
    ? image.jpeg({ quality: Number(quality) })
    : format === 'webp'
      ? image.webp({ quality: Number(quality) })
      : image.png()
process.stdout.write(await encoded.toBuffer())
