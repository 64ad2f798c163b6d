import path from 'node:path'
import { expect, test } from '@jest/globals'
import { InferenceSession } from 'onnxruntime-node'
import { readManifest } from '../../../cli/install/read-manifest.ts'
import { hashFile } from '../../../cli/install/verify-file.ts'
import { modelsDirectory, samplesDirectory } from '../../support/model-files.ts'

const artefacts = readManifest()

test('every artefact has a name of its own, and no two files the same place', () => {
  const names = artefacts.map(({ name }) => name)
  const places = artefacts.flatMap(({ directory, files }) =>
    files.map(({ to }) => `${directory}/${to}`),
  )
  expect(new Set(names).size).toBe(names.length)
  expect(new Set(places).size).toBe(places.length)
})

test('the models and photos in use are those of the manifest', async () => {
  const folders = { models: modelsDirectory(), samples: samplesDirectory() }
  for (const { directory, files } of artefacts) {
    if (directory !== 'models' && directory !== 'samples') continue
    for (const { to, sha256 } of files) {
      expect({ to, sha256: await hashFile(path.join(folders[directory], to)) }).toEqual({
        to,
        sha256,
      })
    }
  }
})

test('every model takes and gives the shapes that the manifest says', async () => {
  for (const { to, model } of artefacts.flatMap(({ files }) => files)) {
    if (model === undefined) continue
    const session = await InferenceSession.create(path.join(modelsDirectory(), to), {
      logSeverityLevel: 3,
    })
    expect({ to, inputs: shapesOf(session.inputMetadata) }).toEqual({
      to,
      inputs: fixedShapes(model.inputs),
    })
    expect({ to, outputs: shapesOf(session.outputMetadata) }).toEqual({
      to,
      outputs: fixedShapes(model.outputs),
    })
    await session.release()
  }
})

type Shapes = Record<string, (number | string)[]>

function shapesOf(metadata: readonly InferenceSession.ValueMetadata[]): Shapes {
  return fixedShapes(
    Object.fromEntries(
      metadata.flatMap((value) => (value.isTensor ? [[value.name, [...value.shape]]] : [])),
    ),
  )
}

/** Sizes that may vary have names that mean nothing. */
function fixedShapes(shapes: Shapes): Shapes {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, sizes]) => [
      name,
      sizes.map((size) => (typeof size === 'number' ? size : '?')),
    ]),
  )
}
