import { homedir } from 'node:os'
import path from 'node:path'

/** The folder with the models' files: `MODELS_DIRECTORY`, or where the development set-up keeps them. */
export function modelsDirectory(): string {
  return process.env['MODELS_DIRECTORY'] ?? path.join(cacheDirectory(), 'models')
}

/** The folder with `sample1.jpg` to `sample6.jpg`: `SAMPLES_DIRECTORY`, or where the development set-up keeps them. */
export function samplesDirectory(): string {
  return process.env['SAMPLES_DIRECTORY'] ?? path.join(cacheDirectory(), 'samples')
}

function cacheDirectory(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'ips')
}
