import { z } from 'zod'
import { boolean, list, setting } from '../../lib/config/settings.ts'

/** What a vision process answers with: models, or nothing but the protocol. */
export const visionSettings = {
  synthetic: setting(
    boolean().default(false),
    'Answer with outputs generated from the protocol alone, without any model',
  ),
  modelsDirectory: setting(
    z.string().optional(),
    'The folder with the models; needed unless SYNTHETIC is true (racc sets it to its own cache)',
  ),
  executionProviders: setting(
    list().default(['cpu']),
    'Where models run, tried in this order: cuda,cpu',
  ),
} as const
