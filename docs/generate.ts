import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { format, resolveConfig } from 'prettier'
import { processSettings } from '../lib/config/common-settings.ts'
import { roles, type RoleName } from '../lib/topology.ts'
import { loadRole } from '../load-role.ts'
import { renderRoles, renderSettings, renderTopics, replaceSection } from './render-tables.ts'

const root = path.resolve(import.meta.dirname, '..')

/** The generated documents, by their path in the tree, as they should be now. */
export async function generateDocuments(): Promise<Map<string, string>> {
  const architecture = await readFile(path.join(root, 'ARCHITECTURE.md'), 'utf8')
  const withRoles = replaceSection(architecture, 'roles', renderRoles())
  return new Map([
    ['ARCHITECTURE.md', await formatted(replaceSection(withRoles, 'topics', renderTopics()))],
    ['docs/configuration.md', await formatted(await renderConfiguration())],
  ])
}

async function renderConfiguration(): Promise<string> {
  const sections = [
    '# Configuration',
    'Every process reads its settings from environment variables, checks them when it starts, and lists them with `--help`. This page is generated from the same declarations: `npm run generate:docs`.',
    '## Every role',
    renderSettings(processSettings),
  ]
  for (const name of Object.keys(roles) as RoleName[]) {
    const { settings } = await loadRole(name)
    sections.push(
      `## ${name}`,
      `${roles[name].purpose}: \`node main.ts ${name}\``,
      renderSettings(settings),
    )
  }
  return sections.join('\n\n')
}

async function formatted(markdown: string): Promise<string> {
  return format(markdown, {
    ...(await resolveConfig(path.join(root, 'README.md'))),
    parser: 'markdown',
  })
}

if (import.meta.main) {
  for (const [file, content] of await generateDocuments())
    await writeFile(path.join(root, file), content)
}
