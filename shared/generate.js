// Writes the page's types from events.schema.json; with --check it only compares, and fails when they differ.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const source = new URL('events.schema.json', import.meta.url)
const target = new URL('../apps/web/src/contract.gen.ts', import.meta.url)

const schema = JSON.parse(await readFile(source, 'utf8'))
const types = await compile(schema, 'VivavoceEvents', {
  bannerComment:
    '// Generated from shared/events.schema.json by `pnpm --filter @vivavoce/shared generate`. Do not edit.',
  additionalProperties: false,
  style: { singleQuote: true, semi: false, printWidth: 110 },
})

if (process.argv.includes('--check')) {
  const committed = await readFile(target, 'utf8').catch(() => '')
  if (committed !== types) {
    console.error('apps/web/src/contract.gen.ts is not what shared/events.schema.json says.')
    console.error('Run `pnpm --filter @vivavoce/shared generate` and commit the result.')
    process.exit(1)
  }
} else {
  await writeFile(target, types)
  console.log(`wrote ${fileURLToPath(target)}`)
}
