import { readFile } from 'node:fs/promises'
import path from 'node:path'
import * as ort from 'onnxruntime-node'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** The models of a service, loaded in one process. */
export interface LoadedModels {
  /** `cuda` or `cpu`: the one really used. */
  readonly executionProvider: string
  session(name: string): ort.InferenceSession
  /** A text file that came with a model, for example the dictionary of a recogniser. */
  text(name: string): string
}

/** What loading needs to know. */
export interface LoadModelsOptions {
  /** The folder with the models' files; a model named `a` is the file `a.onnx`, a text named `b` the file `b.txt`. */
  readonly directory: string
  readonly models: readonly string[]
  readonly texts?: readonly string[]
  /** Tried in this order; onnxruntime does not fall back by itself. */
  readonly executionProviders: readonly string[]
}

/**
 * Loads models with one thread each: one process per core is faster than one process with many threads.
 * Throws `IpsError('model-unavailable')` where a file is missing or no execution provider works.
 */
export async function loadModels(options: LoadModelsOptions): Promise<LoadedModels> {
  const texts = new Map<string, string>()
  for (const name of options.texts ?? []) {
    texts.set(name, await readFile(path.join(options.directory, `${name}.txt`), 'utf8'))
  }
  const { executionProvider, sessions } = await loadSessions(options)
  return {
    executionProvider,
    session: (name) => found(sessions, name),
    text: (name) => found(texts, name),
  }
}

async function loadSessions(options: LoadModelsOptions) {
  const failures: unknown[] = []
  for (const executionProvider of options.executionProviders) {
    try {
      const sessions = new Map<string, ort.InferenceSession>()
      for (const name of options.models) {
        sessions.set(
          name,
          await createSession(path.join(options.directory, `${name}.onnx`), executionProvider),
        )
      }
      return { executionProvider, sessions }
    } catch (error) {
      failures.push(error)
    }
  }
  throw new IpsError(
    'model-unavailable',
    `no execution provider could load the models: ${failures.map(String).join('; ')}`,
    {
      cause: failures[0],
    },
  )
}

function createSession(file: string, executionProvider: string): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(file, {
    executionProviders: [executionProvider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // A spinning thread takes a core from a process beside it and gains nothing with one thread.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
}

function found<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined)
    throw new IpsError('model-unavailable', `the model ${name} was not loaded`)
  return value
}
